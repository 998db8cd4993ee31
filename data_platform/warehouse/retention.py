"""Retention of published versions: which files nobody can still be reading."""

import re
from datetime import UTC, datetime, timedelta

from data_platform.warehouse.manifest import STAMP, Manifest, manifest_path, read_manifest
from data_platform.warehouse.storage import ObjectStorage

KEEP_VERSIONS = 10
KEEP_FOR = timedelta(days=1)
VERSION = re.compile(r"published/[^/]+/(\d{8}T\d{12}Z)-[0-9a-f]+/")


def retire(storage: ObjectStorage, current: Manifest, keep_versions: int = KEEP_VERSIONS) -> tuple[str, ...]:
    """Delete the files of old versions that no kept version refers to.

    Kept are the last `keep_versions` versions, every version that was current within the last day, and every
    file younger than a day, whose publisher may still be at work.

    Returns:
        The deleted paths.
    """
    now = datetime.now(UTC)
    old = [path for path in storage.list(f"published/{current.unit}") if _older(path, now - KEEP_FOR)]
    if not old:
        return ()
    needed: set[str] = set()
    for manifest in _kept(storage, current, keep_versions, now - KEEP_FOR):
        needed.add(manifest_path(manifest.unit, manifest.version))
        needed.update(dataset.path for dataset in manifest.datasets.values())
    expired = tuple(path for path in old if path not in needed)
    for path in expired:
        storage.delete(path)
    return expired


def _kept(storage: ObjectStorage, current: Manifest, keep_versions: int, since: datetime) -> list[Manifest]:
    kept = [current]
    # a version was current until the one after it was made
    while (previous := kept[-1].previous) and (len(kept) < keep_versions or kept[-1].created > since):
        if not storage.exists(manifest_path(current.unit, previous)):
            break
        kept.append(read_manifest(storage, current.unit, previous))
    return kept


def _older(path: str, moment: datetime) -> bool:
    found = VERSION.match(path)
    return found is not None and found[1] < moment.strftime(STAMP)
