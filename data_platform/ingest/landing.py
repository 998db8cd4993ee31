"""Landing: a source's bytes, unchanged, in object storage, under a path made from their hash."""

import hashlib
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from data_platform.ingest.sources import CHUNK, IngestError, file_name, read_source, shown
from data_platform.warehouse import ObjectStorage


@dataclass(frozen=True)
class LandedFile:
    """A file as its source gave it.

    Attributes:
        source: where it came from, as it may be printed.
        storage: the object storage that holds it.
        path: its path there: `landing/<unit>/<table>/<first 16 digits of sha256>/<file>`.
        sha256: hash of its bytes.
        size: in bytes.
        new: False when the same bytes had been landed before.
    """

    source: str
    storage: ObjectStorage = field(repr=False)
    path: str
    sha256: str
    size: int
    new: bool

    @property
    def url(self) -> str:
        """Its absolute path or URL."""
        return self.storage.url(self.path)

    @contextmanager
    def csv(self) -> Iterator[tuple[Path, str]]:
        """The CSV file itself on this machine, unpacked if it is zipped, and its name for messages.

        Raises:
            IngestError: the zip file is damaged, encrypted, or holds not exactly one file.
        """
        with self.storage.local_copy(self.path) as file:
            if not self.path.lower().endswith(".zip"):
                yield file, self.url
                return
            with self.storage.staging() as folder:
                name = _unpack(file, folder, self)
                yield folder / name, f"{self.url}/{name}"


def land(source: str, storage: ObjectStorage, unit: str, table: str) -> LandedFile:
    """Copy a source into object storage byte for byte; bytes that are there already are not written again.

    Args:
        source: see `read_source`.
        storage: the platform's object storage.
        unit: the unit that owns the file.
        table: the raw table it is for.

    Raises:
        IngestError: the source cannot be read.
        StorageError: the storage cannot be written.
    """
    name = file_name(source)
    digest = hashlib.sha256()
    with storage.staging() as folder:
        staged = folder / "source"
        with staged.open("wb") as copy:
            for chunk in read_source(source):
                digest.update(chunk)
                copy.write(chunk)
        sha256, size = digest.hexdigest(), staged.stat().st_size
        path = f"landing/{unit}/{table}/{sha256[:16]}/{name}"
        new = not storage.exists(path)
        if new:
            storage.put_file(staged, path, move=True)
    return LandedFile(shown(source), storage, path, sha256, size, new)


def _unpack(file: Path, folder: Path, landed: LandedFile) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
            if len(members) != 1:
                raise zipfile.BadZipFile(f"it holds {len(members)} files instead of one")
            name = PurePosixPath(members[0].filename).name
            with archive.open(members[0]) as stream, (folder / name).open("wb") as copy:
                shutil.copyfileobj(stream, copy, CHUNK)
            return name
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise IngestError(
            f"the zip file cannot be read: {error}",
            where=landed.url,
            fix=f"correct {landed.source}: a zip file with exactly one CSV file, not encrypted",
            anchor="source-file",
        ) from error
