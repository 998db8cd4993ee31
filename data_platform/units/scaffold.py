"""Adding a unit that loads, builds and passes its checks at once, and removing one."""

import shutil
from pathlib import Path

from data_platform.environment import Environment
from data_platform.errors import DataPlatformError, UsageError
from data_platform.units.card import check_unit_name, unit_folders
from data_platform.units.checking import check_units
from data_platform.units.git import add_submodule, has_uncommitted_changes, is_submodule, remove_submodule
from data_platform.units.workspace import write_workspace

_STARTER = Path(__file__).parent / "starter"


def new_unit(
    environment: Environment,
    name: str,
    *,
    dbt_repo: str | None = None,
    title: str | None = None,
    owner: str | None = None,
) -> list[Path]:
    """Add a unit: its code location, its dbt project, and its place in the workspace.

    Args:
        environment: where.
        name: the unit's name.
        dbt_repo: git address of an existing dbt project, added as a submodule; None makes a starter project.
        title: name for people; defaults to the name.
        owner: e-mail or `team:<name>`; defaults to `team:<name>`.

    Returns:
        The folders made, from the repository's root.

    Raises:
        DataPlatformError: the name is taken or no identifier, the repository cannot be cloned, or the dbt project
            does not parse. Nothing is left behind.
    """
    try:
        check_unit_name(name)
    except ValueError as error:
        raise UsageError(f"{name!r}: {error}", anchor="unit-cards") from None
    location, project = environment.code_locations / name, environment.dbt_projects / name
    for folder in (location, project):
        if folder.exists():
            shown = folder.relative_to(environment.root)
            raise UsageError(f"{shown} exists already", fix="choose another name", anchor="unit-cards")
    values = {"__unit__": name, "__title__": title or name.replace("_", " ").capitalize()}
    values["__owner__"] = owner or f"team:{name}"
    shown_project = str(project.relative_to(environment.root))
    try:
        if dbt_repo:
            add_submodule(environment.root, dbt_repo, shown_project)
        else:
            _copy(_STARTER / "dbt_project", project, values)
        _copy(_STARTER / "code_location", location, values)
        verdict = check_units(environment, [name])[0]
        if not verdict.ok:
            raise DataPlatformError(f"the unit would not load, and was not added: {verdict.problem}")
    except BaseException:
        _take_back(environment, name, submodule=dbt_repo is not None)
        raise
    write_workspace(environment)
    return [folder.relative_to(environment.root) for folder in (location, project)]


def remove_unit(environment: Environment, name: str, *, force: bool = False) -> None:
    """Remove a unit's code location, dbt project and place in the workspace. Its data stays where it is.

    Args:
        environment: where.
        name: the unit.
        force: remove it even if work would be lost that git does not have.

    Raises:
        UsageError: there is no such unit, another one reads it, or work would be lost.
    """
    location = environment.code_locations / name
    if location not in unit_folders(environment.code_locations):
        raise UsageError(f"there is no unit {name!r}", fix="see `dp unit list`", anchor="unit-cards")
    readers = _readers(environment, name)
    if readers:
        raise UsageError(
            f"{', '.join(readers)} read{'s' if len(readers) == 1 else ''} what {name} publishes",
            fix=f"remove the dbt source {name!r} there first",
            anchor="cross-unit-sources",
        )
    project = f"dbt_projects/{name}"
    for path in (f"code_locations/{name}", project):
        if not force and has_uncommitted_changes(environment.root, path):
            raise UsageError(f"{path} holds work that is not committed", fix="commit it, or use --force")
    _take_back(environment, name, submodule=is_submodule(environment.root, project))
    write_workspace(environment)


def _readers(environment: Environment, name: str) -> list[str]:
    from data_platform.dbt.prepare import prepared
    from data_platform.units.unit import read_unit

    readers = []
    for folder in unit_folders(environment.code_locations):
        if folder.name != name:
            graph = prepared(read_unit(folder, environment).project)
            if any(source.unit == name for source in graph.sources):
                readers.append(folder.name)
    return readers


def _copy(template: Path, folder: Path, values: dict[str, str]) -> None:
    """Copy a template; `.txt` hides Python files of it from tools that look at the library."""
    for source in sorted(template.rglob("*")):
        if source.is_dir() or "__pycache__" in source.parts:
            continue
        target = folder / str(source.relative_to(template)).removesuffix(".txt")
        target.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text(encoding="utf-8")
        for placeholder, value in values.items():
            text = text.replace(placeholder, value)
        target.write_text(text, encoding="utf-8")


def _take_back(environment: Environment, name: str, *, submodule: bool) -> None:
    shutil.rmtree(environment.code_locations / name, ignore_errors=True)
    if submodule:
        remove_submodule(environment.root, f"dbt_projects/{name}")
    else:
        shutil.rmtree(environment.dbt_projects / name, ignore_errors=True)
    shutil.rmtree(environment.state / "dbt" / environment.name / name, ignore_errors=True)
