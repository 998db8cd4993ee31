"""What the options of `dp schema` are about: a unit, or a changelog and a database."""

from pathlib import Path
from typing import Any

from data_platform.errors import UsageError
from data_platform.schema.names import Names
from data_platform.schema.target import Target, unit_target


def target_of(asked: dict[str, Any], *, changelog: bool = True, database: bool = True) -> Target:
    """The target that these options describe.

    Raises:
        UsageError: they do not name one.
    """
    unit, given, url = asked["unit"], asked["changelog"], asked["database"]
    names = Names(
        asked["default_schema"],
        asked["liquibase_schema"],
        asked["changelog_table"] or "databasechangelog",
        asked["lock_table"] or "databasechangeloglock",
    )
    own = dict(_pair(text) for text in asked["property_"] or ())
    if asked["environment_properties"]:
        import os

        own = dict(os.environ) | own
    found = unit_target(unit, region=asked["region"], environment=asked["environment"]) if unit else Target(Path(), "")
    if not unit:
        if asked["region"] or asked["environment"]:
            raise UsageError("--region and --environment are of a unit", fix="give --unit too")
        if changelog and given is None:
            raise _no_changelog()
        if database and url is None:
            raise UsageError("it is not said which database", fix="give --unit, or --changelog and --database")
    contexts = asked["contexts"]
    return Target(
        changelog=given or found.changelog,
        database=url or found.database,
        search_path=_folders(asked["search_path"]) if asked["search_path"] else () if given else found.search_path,
        contexts=found.contexts if contexts is None else _listed(contexts),
        labels=asked["labels"],
        properties=found.properties | own,
        unit=unit,
        names=names,
    )


def required_changelog(target: Target) -> Target:
    """The target, once it is sure that it names a changelog.

    Raises:
        UsageError: it names none.
    """
    if target.changelog == Path():
        raise _no_changelog()
    return target


def _no_changelog() -> UsageError:
    return UsageError("it is not said which changelog", fix="give --unit, or --changelog and --database")


def _folders(text: str) -> tuple[Path, ...]:
    folders = tuple(Path(part) for part in _listed(text))
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"--search-path: there is no folder {str(folder)!r}", fix="name folders, by commas")
    return folders


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"--property {text!r} is not NAME=VALUE")
    return name.strip(), value
