"""The files of published data, and how they are read. Of a unit's versions one is current:

published/<unit>/current.json                     the pointer: {"version": ...}
published/<unit>/<version>/manifest.json          what the version holds, and where each file lies
published/<unit>/<version>/<dataset>.parquet      a file, which later versions may refer to as well
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from data_platform.warehouse.errors import PublicationError
from data_platform.warehouse.storage import ObjectStorage

STAMP = "%Y%m%dT%H%M%S%fZ"


class Record(BaseModel):
    """A part of the manifest."""

    model_config = ConfigDict(frozen=True)


class PublishedColumn(Record):
    """A column of a dataset: its name and SQL type."""

    name: str
    type: str


class Dataset(Record):
    """A Parquet file of a version; `version` and `source_run` are those that wrote it."""

    path: str
    columns: tuple[PublishedColumn, ...]
    rows: int
    size: int
    sha256: str
    version: str
    created: datetime
    source_run: str | None


class Manifest(Record):
    """What one version holds; `previous` is the version it replaced."""

    format: Literal[1] = 1
    unit: str
    version: str
    previous: str | None
    created: datetime
    source_run: str | None
    datasets: dict[str, Dataset]


class Pointer(Record):
    """The content of `current.json`."""

    version: str


def current_manifest(storage: ObjectStorage, unit: str) -> tuple[Manifest, str] | None:
    """The current version's manifest and the tag of its pointer; None when nothing was published."""
    path = pointer_path(unit)
    try:
        data, tag = storage.read_with_tag(path)
    except FileNotFoundError:
        return None
    try:
        pointer = Pointer.model_validate_json(data)
    except ValidationError as error:
        raise _damaged(storage, path, unit) from error
    return read_manifest(storage, unit, pointer.version), tag


def read_manifest(storage: ObjectStorage, unit: str, version: str) -> Manifest:
    """The manifest of a version that is known to exist.

    Raises:
        PublicationError: it is missing or damaged.
    """
    path = manifest_path(unit, version)
    try:
        return Manifest.model_validate_json(storage.read(path))
    except (FileNotFoundError, ValidationError) as error:
        raise _damaged(storage, path, unit) from error


def pointer_path(unit: str) -> str:
    """Where the pointer to the unit's current version lies."""
    return f"published/{unit}/current.json"


def manifest_path(unit: str, version: str) -> str:
    """Where a version's manifest lies."""
    return f"published/{unit}/{version}/manifest.json"


def next_version(now: datetime, previous: str | None) -> str:
    """An id for a version: unique, and greater than `previous` even if this machine's clock is behind."""
    if previous is not None:
        earliest = datetime.strptime(previous.partition("-")[0], STAMP).replace(tzinfo=UTC)
        now = max(now, earliest + timedelta(microseconds=1))
    return f"{now.strftime(STAMP)}-{secrets.token_hex(4)}"


def _damaged(storage: ObjectStorage, path: str, unit: str) -> PublicationError:
    return PublicationError(
        f"what unit {unit!r} published is damaged: this file is missing or not readable",
        where=storage.url(path),
        fix=f"restore it, or delete {storage.url(pointer_path(unit))} and run `dp unit build {unit}`",
        anchor="published-data",
    )
