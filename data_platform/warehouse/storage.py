"""Object storage: one folder on this machine, or one prefix of a bucket, addressed by relative paths.

Every write is atomic: a reader sees the earlier object or the new one, whole. See `local_storage` and
`remote_storage` for how each kind does it.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_platform.errors import DataPlatformError, UsageError
from data_platform.warehouse.errors import StorageError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


class ObjectStorage:
    """Objects under one root; no path leads out of it.

    Args:
        root: a folder, or an `s3://`, `abfs://` or `az://` URL. Credentials come from the store's own standard
            variables (`AWS_*`, `AZURE_STORAGE_*`), never from the URL.
        options: fsspec options such as `endpoint_url`; default: the JSON in `DATA_PLATFORM_STORAGE_OPTIONS`.

    Raises:
        UsageError: the kind of storage is not supported, its package is not installed, or the options are no JSON.
    """

    def __init__(self, root: str | Path, options: Mapping[str, Any] | None = None) -> None:
        from data_platform.warehouse.local_storage import LocalStorage
        from data_platform.warehouse.remote_storage import RemoteStorage

        scheme, separator, rest = str(root).partition("://")
        if not separator or scheme == "file":
            self._backend: LocalStorage | RemoteStorage = LocalStorage(Path(rest if separator else root))
        else:
            self._backend = RemoteStorage(str(root), options)

    def __repr__(self) -> str:
        return f"ObjectStorage({self._backend.url('')!r})"

    @property
    def filesystem(self) -> "AbstractFileSystem | None":
        """The fsspec file system that reads `url()`; None when ordinary file access does."""
        return self._backend.filesystem

    def url(self, path: str) -> str:
        """The absolute path or the URL of an object."""
        return self._backend.url(_confined(path))

    def exists(self, path: str) -> bool:
        """Whether there is an object at `path`."""
        with self._failing("looked up", path) as key:
            return self._backend.exists(key)

    def list(self, prefix: str = "") -> list[str]:
        """The paths of all objects under the folder `prefix`, sorted; empty when there is none."""
        with self._failing("listed", prefix) as key:
            return sorted(self._backend.list(key))

    def read(self, path: str) -> bytes:
        """The whole object.

        Raises:
            FileNotFoundError: there is none.
        """
        with self._failing("read", path) as key:
            return self._backend.read(key)

    def read_with_tag(self, path: str) -> tuple[bytes, str]:
        """The whole object and a tag that `replace_if_unchanged` compares.

        Raises:
            FileNotFoundError: there is none.
        """
        with self._failing("read", path) as key:
            return self._backend.read_with_tag(key)

    def write(self, path: str, data: bytes) -> None:
        """Write or replace a small object in one atomic step."""
        with self._failing("written", path) as key:
            self._backend.write(key, data)

    def replace_if_unchanged(self, path: str, data: bytes, tag: str | None) -> bool:
        """Write the object only if it still has `tag` (None: only if there is none yet); whether it did."""
        with self._failing("written", path) as key:
            return self._backend.replace_if_unchanged(key, data, tag)

    def put_file(self, source: Path, path: str, *, move: bool = False) -> None:
        """Store a local file at `path` in one atomic step; with `move` a staged file need not be copied."""
        with self._failing("written", path) as key:
            self._backend.put_file(source, key, move=move)

    def delete(self, path: str) -> None:
        """Delete an object; nothing happens when there is none."""
        with self._failing("deleted", path) as key:
            self._backend.delete(key)

    @contextmanager
    def local_copy(self, path: str) -> Iterator[Path]:
        """The object as a local file, to be read only: the object itself, or a download that is removed again.

        Raises:
            FileNotFoundError: there is none.
        """
        with ExitStack() as stack:
            with self._failing("read", path) as key:
                file = stack.enter_context(self._backend.local_copy(key))
            yield file

    def staging(self) -> AbstractContextManager[Path]:
        """A local folder for files on their way into this storage, removed at the end."""
        return self._backend.staging()

    @contextmanager
    def _failing(self, done: str, path: str) -> Iterator[str]:
        try:
            yield _confined(path)
        except DataPlatformError:
            raise
        except Exception as error:  # each file system has errors of its own, without a common base
            if isinstance(error, FileNotFoundError) and done == "read":
                raise
            cause = str(error).strip().partition("\n")[0] or type(error).__name__
            raise StorageError(
                f"could not be {done}: {cause}",
                where=self._backend.url(path),
                fix="check that the storage is there and lets you in",
                anchor="object-storage",
            ) from error


def _confined(path: str) -> str:
    parts = path.split("/") if path else []
    if any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts):
        raise UsageError(f"{path!r} is not a relative path inside the object storage", anchor="object-storage")
    return path
