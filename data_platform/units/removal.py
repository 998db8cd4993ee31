"""Removing a unit, if nobody reads it and no work is lost."""

import shutil
from contextlib import suppress

from data_platform.environment import Environment
from data_platform.errors import DataPlatformError, UsageError
from data_platform.units.card import unit_folders
from data_platform.units.compose import write_compose
from data_platform.units.git import has_uncommitted_changes, has_unpushed_work, is_submodule, remove_submodule
from data_platform.units.workspace import write_workspace


def remove_unit(environment: Environment, name: str, *, force: bool = False) -> None:
    """Remove a unit's code location, dbt project and place in the workspace. Its data stays where it is.

    Args:
        environment: where.
        name: the unit.
        force: remove it even if work would be lost that git does not have, or it cannot be told who reads it.

    Raises:
        UsageError: there is no such unit, another one reads it, or work would be lost.
    """
    location = environment.code_locations / name
    if location not in unit_folders(environment.code_locations):
        raise UsageError(f"there is no unit {name!r}", fix="see `dp unit list`", anchor="unit-cards")
    project = f"dbt_projects/{name}"
    submodule = is_submodule(environment.root, project)
    _check_not_read(environment, name, force)
    if not force:
        _check_nothing_is_lost(environment, name, submodule)
    take_back(environment, name, submodule=submodule)
    write_workspace(environment)
    write_compose(environment)


def _check_not_read(environment: Environment, name: str, force: bool) -> None:
    from data_platform.dbt.graph import read_graph
    from data_platform.dbt.prepare import prepare
    from data_platform.units.unit import Unit, read_unit

    units: list[Unit] = []
    errors: dict[str, DataPlatformError] = {}
    for folder in unit_folders(environment.code_locations):
        if folder.name != name:
            try:
                units.append(read_unit(folder, environment))
            except UsageError as error:
                errors[folder.name] = error
    errors |= prepare([unit.project for unit in units])
    graphs = {unit.card.name: read_graph(unit.project.graph_file) for unit in units if unit.card.name not in errors}
    readers = [unit for unit, graph in graphs.items() if any(source.unit == name for source in graph.sources)]
    if readers:
        raise UsageError(
            f"{', '.join(readers)} read{'s' if len(readers) == 1 else ''} what {name} publishes",
            fix=f"remove the dbt source {name!r} there first",
            anchor="cross-unit-sources",
        )
    for unit, untold in errors.items():
        if not force:
            raise UsageError(
                f"it cannot be told whether {unit} reads {name}: {untold.what}",
                where=untold.where,
                fix=f"put {unit} right, or use --force",
                anchor="removing-units",
            )


def _check_nothing_is_lost(environment: Environment, name: str, submodule: bool) -> None:
    project = f"dbt_projects/{name}"
    for path in (f"code_locations/{name}", project):
        if has_uncommitted_changes(environment.root, path):
            raise UsageError(
                f"{path} holds work that is not committed", fix="commit it, or use --force", anchor="removing-units"
            )
    if submodule and has_unpushed_work(environment.root / project):
        raise UsageError(
            f"{project} holds work that was never pushed", fix="push it, or use --force", anchor="removing-units"
        )


def take_back(environment: Environment, name: str, *, submodule: bool) -> None:
    """Remove what a unit has in the repository, and what was made of it; whoever reads it is not asked."""
    shutil.rmtree(environment.code_locations / name, ignore_errors=True)
    if submodule:
        remove_submodule(environment.root, f"dbt_projects/{name}")
    else:
        shutil.rmtree(environment.dbt_projects / name, ignore_errors=True)
        with suppress(OSError):  # it holds other projects
            environment.dbt_projects.rmdir()
    shutil.rmtree(environment.state / "dbt" / environment.name / name, ignore_errors=True)
    shutil.rmtree(environment.versions / name, ignore_errors=True)
