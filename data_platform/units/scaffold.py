"""Adding a unit that loads, builds and passes its checks at once, and removing one."""

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import yaml

from data_platform.environment import Environment
from data_platform.errors import DataPlatformError, UsageError
from data_platform.units.card import CARD_FILE, check_unit_name, unit_folders
from data_platform.units.checking import check_units
from data_platform.units.compose import write_compose
from data_platform.units.git import (
    add_submodule,
    has_uncommitted_changes,
    has_unpushed_work,
    is_submodule,
    remove_submodule,
)
from data_platform.units.workspace import write_workspace

_STARTER = Path(__file__).parent / "starter"
_PLAIN = re.compile(r"[A-Za-z][\w .\-]*[\w.]")
_NOT_A_PROJECT = frozenset({"dbt_packages", "dbt_modules", "integration_tests", "node_modules"})


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
        dbt_repo: git address of an existing dbt project, added as a submodule, with `#folder` at its end where the
            repository holds several; None makes a starter project.
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
    if dbt_repo:
        url, _, wanted = (dbt_repo, "", "") if Path(dbt_repo).exists() else dbt_repo.partition("#")
        add_submodule(environment.root, url, f"dbt_projects/{name}")
    try:
        _copy(_STARTER / "code_location", location, name)
        card = starter_card(name, title=title, owner=owner)
        if not dbt_repo:
            _copy(_STARTER / "dbt_project", project, name)
        elif (inner := _project_in(project, url, wanted)) != ".":
            card += f"dbt:\n  project: {_scalar(f'dbt_projects/{name}/{inner}')}\n"
        (location / CARD_FILE).write_text(card, encoding="utf-8")
        verdict = check_units(environment, [name])[0]
        if not verdict.ok:
            raise DataPlatformError(f"the unit would not load, and was not added: {verdict.problem}")
        write_workspace(environment)
        write_compose(environment)
    except BaseException:
        _take_back(environment, name, submodule=dbt_repo is not None)
        raise
    return [folder.relative_to(environment.root) for folder in (location, project)]


def starter_card(name: str, *, title: str | None = None, owner: str | None = None) -> str:
    """The text of a new unit's card; see `new_unit` for the arguments."""
    return (
        "# yaml-language-server: $schema=../../docs/reference/unit.schema.json\n"
        f"name: {name}\n"
        f"title: {_scalar(title or name.replace('_', ' ').capitalize())}\n"
        "description: What this unit owns, in a sentence.\n"
        f"owners:\n  - {_scalar(owner or f'team:{name}')}\n"
    )


def _scalar(text: str) -> str:
    """A text as YAML writes it, quoted only where it must be."""
    is_word = text.lower() in {"yes", "no", "on", "off", "true", "false", "null"}
    return text if _PLAIN.fullmatch(text) and not is_word else _quoted(text)


def _quoted(text: str) -> str:
    return str(yaml.safe_dump(text, default_style='"', allow_unicode=True, width=float("inf"))).rstrip("\n")


def _project_in(repository: Path, url: str, wanted: str) -> str:
    """The dbt project's folder in a repository: the one that is wanted, else its top, else the only one there is."""
    found = sorted(_projects(repository))
    found = [folder for folder in found if folder == wanted.strip("/")] if wanted else found
    if not found:
        place = f"the folder {wanted!r} of {url}" if wanted else url
        raise UsageError(f"there is no dbt_project.yml in {place}", fix="check the address", anchor="dbt-projects")
    if "." in found or len(found) == 1:
        return "." if "." in found else found[0]
    raise UsageError(
        f"{url} holds several dbt projects: {', '.join(found[:5])}",
        fix=f"say which one: --dbt-repo '{url}#{found[0]}'",
        anchor="dbt-projects",
    )


def _projects(folder: Path) -> Iterator[str]:
    for file in folder.rglob("dbt_project.yml"):
        parts = file.relative_to(folder).parts[:-1]
        if not any(part in _NOT_A_PROJECT or part.startswith(".") for part in parts):
            yield "/".join(parts) or "."


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
    _take_back(environment, name, submodule=submodule)
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


def _copy(template: Path, folder: Path, name: str) -> None:
    """Copy a template; `.txt` hides Python files of it from tools that look at the library."""
    for source in sorted(template.rglob("*")):
        if source.is_dir() or "__pycache__" in source.parts:
            continue
        target = folder / str(source.relative_to(template)).removesuffix(".txt")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source.read_text(encoding="utf-8").replace("__unit__", name), encoding="utf-8")


def _take_back(environment: Environment, name: str, *, submodule: bool) -> None:
    shutil.rmtree(environment.code_locations / name, ignore_errors=True)
    if submodule:
        remove_submodule(environment.root, f"dbt_projects/{name}")
    else:
        shutil.rmtree(environment.dbt_projects / name, ignore_errors=True)
        with suppress(OSError):  # it holds other projects
            environment.dbt_projects.rmdir()
    shutil.rmtree(environment.state / "dbt" / environment.name / name, ignore_errors=True)
    shutil.rmtree(environment.versions / name, ignore_errors=True)
