"""The options that most of `dp schema` has: a unit, or a changelog and a database, and what it is read for."""

import functools
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from data_platform.cli.schema_target import target_of

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


def tell(line: str) -> None:
    """Say a line beside the result."""
    print(line, file=sys.stderr)
