"""Reads CREATE."""

from collections.abc import Iterator

from data_platform.schema.lint.actions import Action, Create, CreateIndex, OutsideTransaction
from data_platform.schema.lint.columns import read_columns
from data_platform.schema.lint.cursor import Cursor
from data_platform.schema.lint.drop import take_kind
from data_platform.schema.lint.names import Name, name_of

_TEMPORARY = ("TEMP", "TEMPORARY", "VOLATILE")
_PASSED = ("GLOBAL", "LOCAL", "TRANSIENT", "UNLOGGED", "SECURE", "RECURSIVE", "HYBRID", "TRUSTED", "PERSISTENT")


def read(cursor: Cursor) -> Iterator[Action]:
    """The actions of a CREATE; the cursor stands behind the word."""
    replace = cursor.take("OR", "REPLACE")
    alter = not replace and cursor.take("OR", "ALTER")
    temporary = False
    while word := cursor.take_any(*_TEMPORARY, *_PASSED):
        temporary = temporary or word in _TEMPORARY
    if cursor.sees("UNIQUE", "INDEX") or cursor.sees("INDEX"):
        yield from _index(cursor)
        return
    kind = take_kind(cursor)
    if_not_exists = cursor.take("IF", "NOT", "EXISTS")
    if kind == "SCHEMA":
        cursor.take("AUTHORIZATION")
    written = cursor.parts()
    name = name_of(written[-1:] if kind == "SCHEMA" else written, cursor.dialect)
    columns, column_parts = read_columns(cursor.parenthesized(), cursor.dialect) if kind.endswith("TABLE") else ([], [])
    yield Create(
        kind,
        name,
        (*written[-2:], *column_parts),
        tuple(columns),
        replace=replace,
        alter=alter,
        if_not_exists=if_not_exists,
        temporary=temporary,
    )
    if kind in ("DATABASE", "TABLESPACE"):
        yield OutsideTransaction(f"CREATE {kind}")


def _index(cursor: Cursor) -> Iterator[Action]:
    cursor.take("UNIQUE")
    cursor.take("INDEX")
    concurrently = cursor.take("CONCURRENTLY")
    cursor.take("IF", "NOT", "EXISTS")
    parts = [] if cursor.sees("ON") else cursor.parts()
    cursor.until("ON")
    cursor.take("ON")
    cursor.take("ONLY")
    table = cursor.name()
    index = name_of(parts, cursor.dialect)
    # an index is in the schema of its table
    yield CreateIndex(Name(index.schema or table.schema, index.name), table, tuple(parts), concurrently)
    if concurrently:
        yield OutsideTransaction("CREATE INDEX CONCURRENTLY")
