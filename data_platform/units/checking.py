"""Checking units without building anything: the card, the dbt project, the definitions, what they read."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from data_platform.dbt.graph import DbtGraph
from data_platform.dbt.prepare import prepare
from data_platform.environment import Environment
from data_platform.errors import DataPlatformError, UsageError
from data_platform.units.card import unit_folders


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
    return [_check(folders[name], environment, set(folders)) for name in names or folders]


def _check(folder: Path, environment: Environment, known: set[str]) -> UnitVerdict:
    from data_platform.dbt.graph import read_graph
    from data_platform.units.unit import read_unit, unit_definitions

    try:
        unit = read_unit(folder, environment)
        errors = prepare([unit.project])
        if errors:
            raise errors[unit.card.name]
        graph = read_graph(unit.project.graph_file)
        _check_reads(graph, known, unit.project.shown)
        unit_definitions(unit).resolve_all_asset_specs()
    except DataPlatformError as error:
        return UnitVerdict(folder.name, problem=str(error))
    except Exception as error:  # what Dagster raises for definitions that do not fit together has no common base
        return UnitVerdict(folder.name, problem=f"does not load: {' '.join(str(_root(error)).split())[:300]}")
    return UnitVerdict(folder.name, models=len(graph.models), checks=len(graph.checks))


def _check_reads(graph: DbtGraph, known: set[str], shown: Path) -> None:
    for source in graph.sources:
        if source.unit and source.unit not in known:
            raise UsageError(
                f"the source {source.table!r} reads the unit {source.unit!r}, which does not exist",
                where=shown,
                fix=f"known units: {', '.join(sorted(known))}",
                anchor="cross-unit-sources",
            )


def _root(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error
