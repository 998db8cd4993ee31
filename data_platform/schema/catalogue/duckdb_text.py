"""What DuckDB's catalogue has only as SQL text: some of its columns' properties, and what is built on what."""

from collections.abc import Iterable, Sequence

from data_platform.schema.catalogue.objects import Catalogue, Key
from data_platform.schema.lint.cursor import Cursor, split
from data_platform.schema.lint.tokens import Kind, Token, tokens


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


def needs(catalogue: Catalogue) -> dict[Key, frozenset[Key]]:
    """What tables, views and macros are built on: whatever of these their text names.

    A name may mean something else there, such as a column; then the order is stricter than it must be.
    """
    texts: dict[Key, str] = {}
    names: dict[str, set[Key]] = {}
    for table in catalogue.tables:
        foreign = [each.definition for each in table.constraints if each.kind == "foreign"]
        texts["table", f"{table.schema}.{table.name}"] = " ".join(foreign)
        names.setdefault(table.name.lower(), set()).add(("table", f"{table.schema}.{table.name}"))
    for view in catalogue.views:
        texts["view", f"{view.schema}.{view.name}"] = view.definition
        names.setdefault(view.name.lower(), set()).add(("view", f"{view.schema}.{view.name}"))
    for macro in catalogue.routines:
        key = ("routine", f"{macro.schema}.{macro.name}({macro.arguments})")
        texts[key] = macro.definition
        names.setdefault(macro.name.lower(), set()).add(key)
    return {
        key: frozenset(other for name in _identifiers(text) for other in names.get(name, ()) if other != key)
        for key, text in texts.items()
    }


def _identifiers(sql: str) -> Iterable[str]:
    return {token.text.lower() for token in tokens(sql, dialect="duckdb") if token.kind in (Kind.WORD, Kind.QUOTED)}
