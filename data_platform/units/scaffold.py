"""Adding a unit that loads, builds and passes its checks at once."""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from data_platform.environment import Environment
from data_platform.errors import DataPlatformError, UsageError
from data_platform.units.card import CARD_FILE, check_unit_name
from data_platform.units.checking import check_units
from data_platform.units.compose import write_compose
from data_platform.units.git import add_submodule
from data_platform.units.removal import take_back
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
    except BaseException:  # also an interrupt: no half of a unit stays
        take_back(environment, name, submodule=dbt_repo is not None)
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


def _copy(template: Path, folder: Path, name: str) -> None:
    """Copy a template; `.txt` hides Python files of it from tools that look at the library."""
    for source in sorted(template.rglob("*")):
        if source.is_dir() or "__pycache__" in source.parts:
            continue
        target = folder / str(source.relative_to(template)).removesuffix(".txt")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source.read_text(encoding="utf-8").replace("__unit__", name), encoding="utf-8")
