"""The options that most of `dp schema` has: a unit, or a changelog and a database, and what it is read for."""

import functools
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from data_platform.errors import UsageError
from data_platform.schema.names import Names
from data_platform.schema.target import Target, unit_target

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LockWait = Annotated[
    float, typer.Option("--lock-wait", min=0, help="Seconds to wait for somebody else's deploy; 0 does not wait.")
]
AsSql = Annotated[bool, typer.Option("--sql", help="Print the SQL, and do nothing.")]
WAIT = 300.0

_CHANGELOG = "A unit's changelog is its schema/ folder, and its database its warehouse."
_PANEL = "What it is about"
_LIQUIBASE = "As in Liquibase"

OPTIONS: dict[str, Any] = {
    "unit": Annotated[str | None, typer.Option("--unit", "-u", help=f"A unit. {_CHANGELOG}", rich_help_panel=_PANEL)],
    "region": Annotated[str | None, typer.Option(help="One of the unit's regions.", rich_help_panel=_PANEL)],
    "environment": Annotated[
        str | None, typer.Option(help="Instead of DATA_PLATFORM_ENVIRONMENT.", rich_help_panel=_PANEL)
    ],
    "changelog": Annotated[
        Path | None,
        typer.Option(
            "--changelog", "--changelog-file", help="Any changelog: a file or folder.", rich_help_panel=_PANEL
        ),
    ],
    "database": Annotated[
        str | None,
        typer.Option(
            help="Any database: postgresql://…, duckdb:///file or snowflake://….",
            envvar="DATA_PLATFORM_SCHEMA_DATABASE",
            rich_help_panel=_PANEL,
        ),
    ],
    "search_path": Annotated[
        str | None,
        typer.Option(help="Folders, by commas; files are recorded from there.", rich_help_panel=_LIQUIBASE),
    ],
    "contexts": Annotated[str | None, typer.Option(help="Contexts to run, by commas.", rich_help_panel=_LIQUIBASE)],
    "labels": Annotated[str | None, typer.Option(help="Label expression.", rich_help_panel=_LIQUIBASE)],
    "property_": Annotated[
        list[str] | None,
        typer.Option(
            "--property", "-D", metavar="NAME=VALUE", help="A changelog property.", rich_help_panel=_LIQUIBASE
        ),
    ],
    "environment_properties": Annotated[
        bool,
        typer.Option(
            "--environment-properties",
            help="Let environment variables define properties, as Liquibase does unasked.",
            rich_help_panel=_LIQUIBASE,
        ),
    ],
    "default_schema": Annotated[
        str | None,
        typer.Option(
            "--default-schema", "--default-schema-name", help="Where unqualified names go.", rich_help_panel=_LIQUIBASE
        ),
    ],
    "liquibase_schema": Annotated[
        str | None,
        typer.Option(
            "--liquibase-schema",
            "--liquibase-schema-name",
            help="Where the two tables are.",
            rich_help_panel=_LIQUIBASE,
        ),
    ],
    "changelog_table": Annotated[
        str | None,
        typer.Option(
            "--changelog-table",
            "--database-changelog-table-name",
            help="Instead of databasechangelog.",
            rich_help_panel=_LIQUIBASE,
        ),
    ],
    "lock_table": Annotated[
        str | None,
        typer.Option(
            "--lock-table",
            "--database-changelog-lock-table-name",
            help="Instead of databasechangeloglock.",
            rich_help_panel=_LIQUIBASE,
        ),
    ],
}
_DEFAULTS: dict[str, Any] = {"environment_properties": False}


def about_a_target(
    *, changelog: bool = True, database: bool = True
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command these options; its first parameter becomes the `Target` they describe.

    Args:
        changelog: whether the command needs a changelog.
        database: whether it needs a database.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(command).parameters.values())[1:]
        shared = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=_DEFAULTS.get(name), annotation=annotation)
            for name, annotation in OPTIONS.items()
        ]

        @functools.wraps(command)
        def wrapper(**given: Any) -> None:
            asked = {name: given.pop(name) for name in OPTIONS}
            command(target_of(asked, changelog=changelog, database=database), **given)

        wrapper.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]  # what inspect reads
        annotations = {each.name: each.annotation for each in [*own, *shared]}
        wrapper.__annotations__ = annotations
        del wrapper.__wrapped__
        return wrapper

    return decorate


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


def tell(line: str) -> None:
    """Say a line beside the result."""
    print(line, file=sys.stderr)
