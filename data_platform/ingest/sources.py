"""Where a file comes from: inside an installed Python package, or any URL that fsspec opens."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import urlsplit

from data_platform.environment import current_environment
from data_platform.errors import DataPlatformError, UsageError

PACKAGE = "package:"
CHUNK = 1 << 20  # bytes


class IngestError(DataPlatformError):
    """A source file could not be landed or loaded."""


def file_name(source: str) -> str:
    """The file's own name, without what a URL has around it.

    Raises:
        UsageError: the source names no file.
    """
    path = source.removeprefix(PACKAGE) if source.startswith(PACKAGE) else urlsplit(source).path
    name = PurePosixPath(path).name
    if not name or name.startswith("."):
        raise UsageError(f"source {shown(source)!r} names no file", anchor="source-file")
    return name


def shown(source: str) -> str:
    """The source as it may be printed: without user, password and query, which may hold secrets."""
    parts = urlsplit(source)
    if not parts.netloc:
        return source
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def read_source(source: str) -> Iterator[bytes]:
    """Read a source from beginning to end, in chunks.

    Args:
        source: `package:<package>/<path>` (the package is located, not imported), a URL of fsspec, or a path,
            where a relative one starts at the platform's root.

    Raises:
        IngestError: there is no such file, or it could not be read to its end.
    """
    try:
        with _opened(source) as stream:
            while chunk := stream.read(CHUNK):
                yield chunk
    except DataPlatformError:
        raise
    except Exception as error:  # each file system has errors of its own, without a common base
        missing = isinstance(error, FileNotFoundError)
        cause = "there is no such file" if missing else str(error).strip().partition("\n")[0] or type(error).__name__
        raise IngestError(
            f"the source cannot be read: {cause}",
            where=shown(source),
            fix="correct the source's address, or make the file available there",
            anchor="source-file",
        ) from error


def _opened(source: str) -> IO[bytes]:
    if source.startswith(PACKAGE):
        return _package_file(source.removeprefix(PACKAGE))
    import fsspec

    if "://" not in source:
        source = str(current_environment().root / source)
    stream: IO[bytes] = fsspec.open(source, "rb").open()
    return stream


def _package_file(path: str) -> IO[bytes]:
    package, _, inside = path.partition("/")
    # importing a data package may load all of its data
    specification = importlib.util.find_spec(package) if package.isidentifier() else None
    if specification is None or not specification.submodule_search_locations:
        raise IngestError(
            f"the Python package {package!r} is not installed",
            where=f"{PACKAGE}{path}",
            fix=f"add {package!r} to the platform's dependencies, or correct the name",
            anchor="source-file",
        )
    for folder in specification.submodule_search_locations:
        file = (Path(folder) / inside).resolve()
        if file.is_relative_to(Path(folder).resolve()) and file.is_file():
            return file.open("rb")
    raise FileNotFoundError(path)
