"""Checking units without building anything: the card, the dbt project, the definitions, what they read."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data_platform.dbt.graph import DbtGraph
from data_platform.dbt.prepare import prepare
from data_platform.environment import Environment
from data_platform.errors import DataPlatformError, UsageError
from data_platform.units.card import unit_folders

if TYPE_CHECKING:
    from data_platform.units.unit import Unit


@dataclass(frozen=True)
class UnitVerdict:
    """Whether a unit is sound: `problem` is one line, empty when it is."""

    unit: str
    models: int = 0
    checks: int = 0
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problem

    def as_row(self) -> dict[str, object]:
        """The verdict as a row of a table."""
        return {"unit": self.unit, "ok": self.ok, "models": self.models, "checks": self.checks, "problem": self.problem}


def check_units(environment: Environment, names: Collection[str]) -> list[UnitVerdict]:
    """Check units; none named means all. One that is wrong never hides the others.

    Raises:
        UsageError: a name is unknown.
    """
    folders = {folder.name: folder for folder in unit_folders(environment.code_locations)}
    unknown = [name for name in names if name not in folders]
    if unknown:
        raise UsageError(
            f"there is no unit {unknown[0]!r}", fix=f"known units: {', '.join(folders) or 'none'}", anchor="unit-cards"
        )
    wanted = {name: folders[name] for name in names or folders}
    units, verdicts = _read(wanted, environment)
    errors = prepare([unit.project for unit in units])  # all in one process: loading dbt takes longer than parsing
    for unit in units:
        error = errors.get(unit.card.name)
        verdicts[unit.card.name] = _refused(unit.card.name, error) if error else _check(unit, set(folders))
    return [verdicts[name] for name in wanted]


def check_folder(folder: Path, environment: Environment, known: Collection[str]) -> UnitVerdict:
    """Check the unit in a folder, which may be that of a version; its dbt project has been prepared there.

    Args:
        known: units that there are.
    """
    units, verdicts = _read({folder.name: folder}, environment)
    return _check(units[0], set(known)) if units else verdicts[folder.name]


def _read(folders: Mapping[str, Path], environment: Environment) -> tuple[list["Unit"], dict[str, UnitVerdict]]:
    """The units whose cards can be read, and the verdicts on the others."""
    from data_platform.units.unit import read_unit

    units, verdicts = [], {}
    for name, folder in folders.items():
        try:
            units.append(read_unit(folder, environment))
        except DataPlatformError as error:
            verdicts[name] = _refused(name, error)
    return units, verdicts


def _refused(name: str, error: DataPlatformError) -> UnitVerdict:
    return UnitVerdict(name, problem=str(error))


def _check(unit: "Unit", known: set[str]) -> UnitVerdict:
    from data_platform.dbt.graph import read_graph
    from data_platform.units.code_location import unit_definitions
    from data_platform.units.definitions_error import definitions_error
    from data_platform.units.definitions_file import execute_definitions_file

    name = unit.card.name
    try:
        graph = read_graph(unit.project.graph_file)
        _check_reads(graph, known, unit.project.shown)
        execute_definitions_file(unit)
        unit_definitions(unit).resolve_all_job_defs()
    except Exception as error:  # what Dagster raises for definitions that do not fit together has no common base
        return _refused(name, definitions_error(error, unit.folder, unit.root))
    return UnitVerdict(name, models=len(graph.models), checks=len(graph.checks))


def _check_reads(graph: DbtGraph, known: set[str], shown: Path) -> None:
    for source in graph.sources:
        if source.unit and source.unit not in known:
            raise UsageError(
                f"the source {source.table!r} reads the unit {source.unit!r}, which does not exist",
                where=shown,
                fix=f"known units: {', '.join(sorted(known))}",
                anchor="cross-unit-sources",
            )
