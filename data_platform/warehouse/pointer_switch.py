"""Switching a unit's pointer to a new version, against other publishers who do the same."""

import random
import time
from collections.abc import Collection
from datetime import UTC, datetime

from data_platform.warehouse.errors import PublicationError
from data_platform.warehouse.manifest import (
    Dataset,
    Manifest,
    Pointer,
    current_manifest,
    manifest_path,
    next_version,
    pointer_path,
)
from data_platform.warehouse.storage import ObjectStorage

ATTEMPTS = 100


def switch(
    storage: ObjectStorage,
    unit: str,
    current: tuple[Manifest, str] | None,
    *,
    version: str,
    entries: dict[str, Dataset],
    public: Collection[str] | None,
    source_run: str | None,
) -> Manifest:
    """Write the manifest of a new version, then make it current, unless another version became current meanwhile.

    In that case its datasets are taken over, and it is tried again.

    Args:
        storage: holds the files of `entries` already.
        unit: the unit that publishes.
        current: what was current when the publication began, and its tag.
        version: id to begin with; a later attempt makes a greater one.
        entries: the datasets this publication brings.
        public: see `publish`.
        source_run: see `publish`.

    Raises:
        PublicationError: other publishers were faster all the time.
    """
    for attempt in range(ATTEMPTS):
        before, tag = current or (None, None)
        carried = {} if before is None else before.datasets
        kept = {name: dataset for name, dataset in carried.items() if public is None or name in public}
        manifest = Manifest(
            unit=unit,
            version=version,
            previous=before.version if before else None,
            created=datetime.now(UTC),
            source_run=source_run,
            datasets={**kept, **entries},
        )
        storage.write(manifest_path(unit, version), manifest.model_dump_json(indent=1).encode())
        pointer = Pointer(version=version)
        if storage.replace_if_unchanged(pointer_path(unit), pointer.model_dump_json().encode(), tag):
            return manifest
        current = current_manifest(storage, unit)
        if current and current[0].version == version:
            return manifest  # our write reached the store, only its answer was lost
        version = next_version(datetime.now(UTC), current[0].version if current else None)
        time.sleep(random.uniform(0, min(0.01 * 2**attempt, 1.0)))  # noqa: S311 - not a secret
    raise PublicationError(
        f"other publishers of unit {unit!r} were faster {ATTEMPTS} times",
        fix="see which runs publish this unit, and run this one again",
        anchor="published-data",
    )
