"""Looking into databases, and deploying to them, for the tests of this room."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import psycopg2

from data_platform.schema.changelog import load_changelog
from data_platform.schema.connecting import connect
from data_platform.schema.deploy import Options, Outcome, deploy
from data_platform.schema.events import Event
from data_platform.schema.expressions import Selection
from data_platform.schema.names import Names
from tests.schema.changelogs import written


def sql(url: str, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """Run SQL beside the platform, and get its rows; `%s` stands for each value."""
    if url.startswith("duckdb"):
        with duckdb.connect(url.removeprefix("duckdb:///")) as database:
            result = database.execute(statement.replace("%s", "?"), list(values))
            return result.fetchall() if result.description else []
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        cursor = connection.cursor()
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def deploy_text(
    url: str,
    folder: Path,
    text: str,
    *,
    events: list[Event] | None = None,
    selection: Selection | None = None,
    names: Names | None = None,
    wait_seconds: float = 0.0,
    **options: Any,
) -> Outcome:
    """Write formatted SQL into v.sql, and deploy it."""
    path = written(folder, text)
    selection = selection or Selection(dbms=url.partition(":")[0])
    database = connect(url, names)
    tell = (lambda event: None) if events is None else events.append
    try:
        changelog = load_changelog(path, folders=[folder], selection=selection)
        return deploy(database, changelog, selection, Options(wait_seconds=wait_seconds, tell=tell, **options))
    finally:
        database.close()


def rows(url: str, table: str = "databasechangelog") -> list[tuple[Any, ...]]:
    """(id, orderexecuted, exectype) of the history, in its order."""
    return sql(url, f"SELECT id, orderexecuted, exectype FROM {table} ORDER BY orderexecuted")


def tables(url: str) -> set[str]:
    """`schema.table` of all tables that are not the engine's own."""
    found = sql(
        url,
        "SELECT table_schema || '.' || table_name FROM information_schema.tables"
        " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')",
    )
    return {name for (name,) in found}


def locked(url: str) -> bool:
    """Whether the lock table says that somebody holds the lock."""
    return bool(sql(url, "SELECT locked FROM databasechangeloglock")[0][0])
