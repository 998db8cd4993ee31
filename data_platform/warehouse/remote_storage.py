"""Object storage in a bucket (S3) or a container (Azure), through fsspec.

Guarantee: one PUT is atomic and readable at once afterwards, on both. `replace_if_unchanged` is a conditional
PUT: `If-None-Match: *` for the first one, `If-Match` with the object's ETag afterwards. A store that calls
itself S3-compatible and ignores these headers gives no such guarantee: let one publisher a unit run at a time.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_platform.errors import UsageError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

OPTIONS_VARIABLE = "DATA_PLATFORM_STORAGE_OPTIONS"
EXTRAS = {"s3": "aws", "abfs": "azure", "abfss": "azure", "az": "azure"}
CHANGED = frozenset(
    {"PreconditionFailed", "ConditionalRequestConflict", "ConditionNotMet", "NoSuchKey", "BlobNotFound"}
)


class RemoteStorage:
    """See `ObjectStorage`, which checks the paths."""

    def __init__(self, root: str, options: Mapping[str, Any] | None) -> None:
        self.scheme, _, place = root.partition("://")
        extra = EXTRAS.get(self.scheme)
        if extra is None or not place.strip("/"):
            raise UsageError(
                f"object storage {self.scheme}:// is not supported" if extra is None else f"{root!r} names no bucket",
                fix="use a folder, s3://bucket/prefix or abfs://container/prefix",
                anchor="object-storage",
            )
        options = _options() if options is None else options
        from fsspec.core import url_to_fs

        try:
            # another process may have changed what a cached listing says
            found = url_to_fs(root.rstrip("/"), **{**options, "use_listings_cache": False})
        except (ImportError, TypeError, ValueError) as error:
            raise UsageError(
                f"object storage {self.scheme}:// cannot be opened: {error}",
                fix=f"install the platform's group {extra!r}, and set the store's variables or {OPTIONS_VARIABLE}",
                anchor="object-storage",
            ) from None
        self.filesystem: AbstractFileSystem = found[0]
        self.root: str = found[1]

    def url(self, path: str) -> str:
        """See `ObjectStorage.url`."""
        return f"{self.scheme}://{self._key(path)}"

    def exists(self, path: str) -> bool:
        """See `ObjectStorage.exists`."""
        return bool(self.filesystem.isfile(self._key(path)))

    def list(self, prefix: str) -> list[str]:
        """See `ObjectStorage.list`."""
        return [key.removeprefix(f"{self.root}/") for key in self.filesystem.find(self._key(prefix))]

    def read(self, path: str) -> bytes:
        """See `ObjectStorage.read`."""
        return bytes(self.filesystem.cat_file(self._key(path)))

    def read_with_tag(self, path: str) -> tuple[bytes, str]:
        """See `ObjectStorage.read_with_tag`."""
        # the tag first: an object that changes in between has a newer tag, and the replacement is refused
        information = self.filesystem.info(self._key(path), refresh=True)
        return self.read(path), information["ETag" if self.scheme == "s3" else "etag"]

    def write(self, path: str, data: bytes) -> None:
        """See `ObjectStorage.write`."""
        self.filesystem.pipe_file(self._key(path), data)

    def replace_if_unchanged(self, path: str, data: bytes, tag: str | None) -> bool:
        """See `ObjectStorage.replace_if_unchanged`."""
        try:
            self.filesystem.pipe_file(self._key(path), data, **self._condition(tag))
        except FileExistsError:
            return False
        except Exception as error:  # each file system has errors of its own; the code tells
            if _code(error) in CHANGED:
                return False
            raise
        return True

    def put_file(self, source: Path, path: str, *, move: bool) -> None:
        """See `ObjectStorage.put_file`; a large file becomes one object when its last part is complete."""
        self.filesystem.put_file(str(source), self._key(path))

    def delete(self, path: str) -> None:
        """See `ObjectStorage.delete`."""
        with contextlib.suppress(FileNotFoundError):
            self.filesystem.rm_file(self._key(path))

    @contextlib.contextmanager
    def local_copy(self, path: str) -> Iterator[Path]:
        """See `ObjectStorage.local_copy`: a download."""
        with self.staging() as folder:
            file = folder / Path(path).name
            self.filesystem.get_file(self._key(path), str(file))
            yield file

    @contextlib.contextmanager
    def staging(self) -> Iterator[Path]:
        """See `ObjectStorage.staging`."""
        with tempfile.TemporaryDirectory(prefix="data-platform-") as folder:
            yield Path(folder)

    def _key(self, path: str) -> str:
        return f"{self.root}/{path}".rstrip("/")

    def _condition(self, tag: str | None) -> dict[str, Any]:
        if tag is None:
            return {"mode": "create"}
        if self.scheme == "s3":
            return {"IfMatch": tag}
        from azure.core import MatchConditions

        return {"etag": tag, "match_condition": MatchConditions.IfNotModified}


def _code(error: BaseException | None) -> str | None:
    """The store's own error code, from the error or from what caused it."""
    while error is not None:
        response = getattr(error, "response", None)
        code = response["Error"].get("Code") if isinstance(response, dict) else getattr(error, "error_code", None)
        if code is not None:
            return str(getattr(code, "value", code))
        error = error.__cause__
    return None


def _options() -> dict[str, Any]:
    text = os.environ.get(OPTIONS_VARIABLE) or "{}"
    try:
        options = json.loads(text)
    except ValueError:
        options = None
    if not isinstance(options, dict):  # the content may hold a secret: it is not shown
        raise UsageError(
            f"{OPTIONS_VARIABLE} is not a JSON object",
            fix='write it like {"endpoint_url": "https://..."}',
            anchor="object-storage",
        )
    return options
