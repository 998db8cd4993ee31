"""What DuckDB's catalogue has of columns only as SQL text."""

from collections.abc import Sequence

from data_platform.schema.lint.cursor import Cursor, split
from data_platform.schema.lint.tokens import Token, tokens


def column_text(create_table: str) -> list[tuple[str | None, str | None]]:
    """Collation, and expression where it is generated, of each column of DuckDB's own CREATE TABLE."""
    cursor = Cursor(tokens(create_table, dialect="duckdb"), "duckdb")
    while not cursor.done and not cursor.token.is_symbol("("):
        cursor.at += 1
    return [_properties(create_table, piece) for piece in split(cursor.parenthesized())]


def _properties(sql: str, column: Sequence[Token]) -> tuple[str | None, str | None]:
    collation = generated = None
    cursor = Cursor(column, "duckdb", 1)
    while not cursor.done:
        if cursor.take("COLLATE"):
            start = cursor.token.start
            cursor.parts()
            collation = sql[start : cursor.tokens[cursor.at - 1].end].lower()  # as written, and all cases mean the same
        elif cursor.take("GENERATED", "ALWAYS", "AS"):
            start = cursor.token.start
            cursor.skip()
            generated = sql[start : cursor.tokens[cursor.at - 1].end]
        else:
            cursor.skip()
    return collation, generated
