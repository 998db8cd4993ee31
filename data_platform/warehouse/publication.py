"""Publishing: write the files beside, then switch the pointer in one atomic step.

Nothing of a version is seen before its pointer is; a publisher that is killed leaves the earlier version
current and files nobody refers to, which retention removes a day later. Two publishers of one unit at once:
whoever switches second finds the pointer changed, takes over the other's datasets and tries again. That holds
on a local folder and on stores with conditional writes (Amazon S3, Azure); see `local_storage`, `remote_storage`.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from data_platform.errors import UsageError
from data_platform.warehouse.errors import PublicationError, StorageError
from data_platform.warehouse.manifest import Dataset, PublishedColumn, current_manifest, next_version
from data_platform.warehouse.pointer_switch import switch
from data_platform.warehouse.protocol import Exported
from data_platform.warehouse.published import PublishedVersion
from data_platform.warehouse.retention import KEEP_VERSIONS, retire
from data_platform.warehouse.storage import ObjectStorage

Exporter = Callable[[Path], Exported]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Publication:
    """What a publication did.

    Attributes:
        version: the version that became current.
        written: datasets with a new file.
        unchanged: datasets exported again with the same bytes; the version refers to the earlier file.
        carried: datasets taken over from the version before.
        warnings: what went wrong after the switch, such as an old file that could not be deleted.
    """

    version: PublishedVersion
    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    carried: tuple[str, ...]
    warnings: tuple[str, ...]


def publish(
    storage: ObjectStorage,
    unit: str,
    datasets: Mapping[str, Exporter],
    *,
    public: Collection[str] | None = None,
    source_run: str | None = None,
    keep_versions: int = KEEP_VERSIONS,
) -> Publication:
    """Publish datasets as a new version, together with those of the current version that are not among them.

    Args:
        storage: the platform's object storage.
        unit: the unit that publishes.
        datasets: name -> what writes the dataset to the Parquet file it is given.
        public: all datasets the unit still publishes; others of the current version are dropped. None keeps all.
        source_run: id of the run that publishes.
        keep_versions: see `retire`.

    Raises:
        UsageError: a name is no identifier, or there is nothing to publish.
        PublicationError: what is published now is damaged, or other publishers were faster all the time.
        StorageError: the storage failed. The earlier version is current, unless it failed in the switch itself.
    """
    _check_names(unit, datasets)
    with storage.staging() as folder:
        current = current_manifest(storage, unit)
        # all exports first: one that fails leaves nothing behind
        exported = {name: export(folder / f"{name}.parquet") for name, export in datasets.items()}
        version = next_version(datetime.now(UTC), current[0].version if current else None)
        before = current[0].datasets if current else {}
        entries = {}
        for name, result in exported.items():
            file = folder / f"{name}.parquet"
            entry = _entry(file, result, unit=unit, version=version, source_run=source_run)
            if name in before and before[name].sha256 == entry.sha256:
                entry = before[name]
            else:
                storage.put_file(file, entry.path, move=True)
            entries[name] = entry
    manifest = switch(storage, unit, current, version=version, entries=entries, public=public, source_run=source_run)
    try:
        retire(storage, manifest, keep_versions)
        warnings: tuple[str, ...] = ()
    except (StorageError, PublicationError) as error:
        warnings = (f"old versions could not be removed: {error}",)
    written = {name for name, entry in entries.items() if before.get(name) != entry}
    return Publication(
        PublishedVersion(manifest, storage),
        tuple(sorted(written)),
        tuple(sorted(set(entries) - written)),
        tuple(sorted(set(manifest.datasets) - set(entries))),
        warnings,
    )


def _entry(file: Path, result: Exported, *, unit: str, version: str, source_run: str | None) -> Dataset:
    with file.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return Dataset(
        path=f"published/{unit}/{version}/{file.name}",
        columns=tuple(PublishedColumn(name=column.name, type=column.type) for column in result.columns),
        rows=result.rows,
        size=file.stat().st_size,
        sha256=sha256,
        version=version,
        created=datetime.now(UTC),
        source_run=source_run,
    )


def _check_names(unit: str, datasets: Mapping[str, Exporter]) -> None:
    for name in (unit, *datasets):
        if not NAME.fullmatch(name):
            raise UsageError(f"{name!r} is no identifier and cannot be published", anchor="published-data")
    if not datasets:
        raise UsageError(f"unit {unit!r} has no dataset to publish", anchor="published-data")
