"""Object storage in a folder of this machine: write beside, flush to disk, rename over.

Guarantee: on a local POSIX file system a kill or a power cut leaves the earlier or the new object, whole, and
`replace_if_unchanged` is atomic among all processes of the machine (`flock`). On a network file system the
second depends on its locks.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from data_platform.warehouse.errors import StorageError

LOCK_WAIT = 30.0
STAGING = ".staging"
STAGED_FOR = 86_400.0  # seconds after which a staging folder was surely left by a killed process


class LocalStorage:
    """See `ObjectStorage`, which checks the paths. Names that begin with a dot are its own and never listed."""

    filesystem = None

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))

    def url(self, path: str) -> str:
        """See `ObjectStorage.url`."""
        return str(self.root / path)

    def exists(self, path: str) -> bool:
        """See `ObjectStorage.exists`."""
        return (self.root / path).is_file()

    def list(self, prefix: str) -> list[str]:
        """See `ObjectStorage.list`."""
        found: list[str] = []
        for folder, folders, files in os.walk(self.root / prefix):
            folders[:] = [name for name in folders if not name.startswith(".")]
            place = Path(folder).relative_to(self.root)
            found += [(place / name).as_posix() for name in files if not name.startswith(".")]
        return found

    def read(self, path: str) -> bytes:
        """See `ObjectStorage.read`."""
        return (self.root / path).read_bytes()

    def read_with_tag(self, path: str) -> tuple[bytes, str]:
        """See `ObjectStorage.read_with_tag`."""
        data = self.read(path)
        return data, hashlib.sha256(data).hexdigest()

    def write(self, path: str, data: bytes) -> None:
        """See `ObjectStorage.write`."""
        with self._beside(path) as beside:
            beside.write_bytes(data)

    def replace_if_unchanged(self, path: str, data: bytes, tag: str | None) -> bool:
        """See `ObjectStorage.replace_if_unchanged`."""
        with self._locked(path):
            present = self.read_with_tag(path)[1] if self.exists(path) else None
            if present != tag:
                return False
            self.write(path, data)
            return True

    def put_file(self, source: Path, path: str, *, move: bool) -> None:
        """See `ObjectStorage.put_file`."""
        with self._beside(path) as beside:
            if move and source.stat().st_dev == beside.parent.stat().st_dev:
                source.rename(beside)
            else:
                shutil.copyfile(source, beside)

    def delete(self, path: str) -> None:
        """See `ObjectStorage.delete`; folders left empty go too."""
        target = self.root / path
        target.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # not empty, or a writer was faster
            while (target := target.parent) != self.root:
                target.rmdir()

    @contextlib.contextmanager
    def local_copy(self, path: str) -> Iterator[Path]:
        """See `ObjectStorage.local_copy`: the object itself."""
        if not self.exists(path):
            raise FileNotFoundError(self.url(path))
        yield self.root / path

    @contextlib.contextmanager
    def staging(self) -> Iterator[Path]:
        """See `ObjectStorage.staging`: on the storage's own file system, so that a file can be moved."""
        parent = self.root / STAGING
        parent.mkdir(parents=True, exist_ok=True)
        for left in parent.iterdir():
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime > STAGED_FOR:
                    shutil.rmtree(left, ignore_errors=True)
        folder = parent / uuid4().hex
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextlib.contextmanager
    def _beside(self, path: str) -> Iterator[Path]:
        target = self.root / path
        beside = target.parent / f".{target.name}.{uuid4().hex}"
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield beside
            _flush(beside)
            beside.replace(target)
            _flush(target.parent)
        finally:
            beside.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _locked(self, path: str) -> Iterator[None]:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with (target.parent / f".{target.name}.lock").open("w") as lock:
            deadline = time.monotonic() + LOCK_WAIT
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise StorageError(
                            f"is locked by another process for more than {LOCK_WAIT:.0f} seconds",
                            where=lock.name,
                            fix="look for a process that hangs",
                            anchor="object-storage",
                        ) from None
                    time.sleep(0.005)
            yield


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
