"""What an alignment is about: a unit of the platform, or any files with any database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data_platform.errors import UsageError
from data_platform.schema.align.alignment import Files

FOLDER = "alignment"


@dataclass(frozen=True)
class AlignTarget:
    """Desired state and the database it is for.

    Args:
        database: URL, as `open_engine` takes it.
    """

    files: Files
    database: str


def align_target(
    paths: Sequence[Path] = (),
    *,
    database: str | None = None,
    unit: str | None = None,
    region: str | None = None,
    environment: str | None = None,
    properties: Mapping[str, str] | None = None,
) -> AlignTarget:
    """Find what is to be aligned.

    Args:
        paths: files or folders; empty means the unit's `alignment/` folder.
        database: URL; None means the unit's warehouse.
        unit: a unit's name; its name is `${unit}`.
        region: `${region}`; with a unit one of its card's, whose warehouse it then is.
        environment: `${environment}`; None means `DATA_PLATFORM_ENVIRONMENT`.
        properties: further variables.

    Raises:
        UsageError: it is not said what, or there is no such unit, region or folder.
    """
    import os

    from data_platform.environment import current_environment

    chosen = current_environment(os.environ | ({"DATA_PLATFORM_ENVIRONMENT": environment} if environment else {}))
    variables: dict[str, str | None] = {"environment": str(chosen.name), "region": region, "unit": unit}
    found = list(paths)
    if unit:
        from data_platform.schema.target import database_of
        from data_platform.units.unit import find_units

        (one,) = find_units(chosen, [unit])
        if region is not None and region not in one.card.regions:
            known = ", ".join(one.card.regions) or "none"
            raise UsageError(f"the unit {unit!r} is not in region {region!r}; it is in: {known}", anchor="unit-cards")
        found = found or [_folder_of(one.folder, chosen.root)]
        database = database or database_of(unit, chosen.warehouse, chosen.duckdb_file(unit), region)
    if not found:
        raise UsageError("it is not said what is desired", fix="name files or a folder, or give --unit")
    if not database:
        raise UsageError("it is not said which database", fix="give --database, or --unit")
    return AlignTarget(Files(found, variables | dict(properties or {})), database)


def _folder_of(unit: Path, root: Path) -> Path:
    folder = unit / FOLDER
    if not folder.is_dir():
        raise UsageError(
            "the unit has no alignment folder",
            where=folder.relative_to(root),
            fix="create it with a file of desired state, or name files",
            anchor="alignment-files",
        )
    return folder
