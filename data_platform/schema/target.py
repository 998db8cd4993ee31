"""What a schema command is about: a unit of the platform, or any changelog with any database."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from data_platform.errors import UsageError
from data_platform.schema.names import Names

if TYPE_CHECKING:
    from data_platform.units.unit import Unit

SCHEMA_FOLDER = "schema"


@dataclass(frozen=True)
class Target:
    """A changelog, the database it is for, and what it is read for.

    Args:
        changelog: file or folder.
        database: URL, as `connecting.connect` takes it.
        search_path: folders; empty means the default.
        contexts: names.
        labels: a label expression, or None.
        properties: name to value.
        unit: the unit's name, or None.
        names: schemas and tables, where they are not Liquibase's usual ones.
    """

    changelog: Path
    database: str
    search_path: tuple[Path, ...] = ()
    contexts: tuple[str, ...] = ()
    labels: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    unit: str | None = None
    names: Names = field(default_factory=Names)


def unit_target(unit: str, *, region: str | None = None, environment: str | None = None) -> Target:
    """The target of a unit: its `schema/` folder and its warehouse.

    The environment's name, and the region's, are its contexts and the properties `environment`, `region` and `unit`.

    Args:
        unit: its name.
        region: one of the card's regions, or None.
        environment: overrides `DATA_PLATFORM_ENVIRONMENT`.

    Raises:
        UsageError: there is no such unit or region, or the unit has no schema folder.
    """
    import os

    from data_platform.environment import current_environment
    from data_platform.units.unit import find_units

    variables = os.environ | ({"DATA_PLATFORM_ENVIRONMENT": environment} if environment else {})
    chosen = current_environment(variables)
    (found,) = find_units(chosen, [unit])
    if region is not None and region not in found.card.regions:
        known = ", ".join(found.card.regions) or "none"
        raise UsageError(f"the unit {unit!r} is not in region {region!r}; it is in: {known}", anchor="unit-cards")
    folder = found.folder / SCHEMA_FOLDER
    if not folder.is_dir():
        raise UsageError(
            f"the unit {unit!r} has no schema folder",
            where=folder.relative_to(chosen.root),
            fix="create it, or give --changelog and --database",
            anchor="schema-folder",
        )
    return changelog_target(found, region=region)


def changelog_target(
    unit: "Unit",
    *,
    changelog: str = SCHEMA_FOLDER,
    database: str | None = None,
    contexts: tuple[str, ...] | None = None,
    labels: str | None = None,
    region: str | None = None,
) -> Target:
    """A changelog of a unit.

    Args:
        changelog: from the unit's folder; a folder is its own search path.
        database: URL; None for the unit's warehouse.
        contexts: None for the environment's name, and the region's.
    """
    environment, name = unit.environment, unit.card.name
    path = unit.folder / changelog
    places = (str(environment.name), region) if region else (str(environment.name),)
    properties = {"unit": name, "environment": str(environment.name)} | ({"region": region} if region else {})
    return Target(
        changelog=path,
        database=database or database_of(name, environment.warehouse, environment.duckdb_file(name), region),
        search_path=(path if path.is_dir() else path.parent,),
        contexts=places if contexts is None else contexts,
        labels=labels,
        properties=properties,
        unit=name,
    )


def database_of(unit: str, warehouse: str, duckdb_file: Path, region: str | None) -> str:
    """The URL of a unit's warehouse; a region has a file, or a Snowflake database, of its own."""
    if warehouse == "duckdb":
        file = duckdb_file.with_stem(f"{unit}_{region}") if region else duckdb_file
        return f"duckdb:///{file}"
    import os

    needed = ("SNOWFLAKE_USER", "SNOWFLAKE_ACCOUNT", "SNOWFLAKE_DATABASE", "SNOWFLAKE_WAREHOUSE", "SNOWFLAKE_ROLE")
    missing = [name for name in needed if not os.environ.get(name)]
    if missing:
        raise UsageError(f"{missing[0]} is not set, and the warehouse is snowflake", anchor="environment")
    user, account, database, compute, role = (os.environ[name] for name in needed)
    name = f"{database}_{region.upper()}" if region else database
    return f"snowflake://{user}@{account}/{name}/PUBLIC?warehouse={compute}&role={role}"
