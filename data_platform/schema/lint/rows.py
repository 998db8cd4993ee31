"""Reads statements about rows and about how tables are stored."""

from collections.abc import Iterator, Sequence

from data_platform.schema.lint.actions import Action, DeleteAll, OutsideTransaction, Rewrite, Truncate, Update
from data_platform.schema.lint.cursor import Cursor, split
from data_platform.schema.lint.names import Part, folded
from data_platform.schema.lint.tokens import Kind, Token

_CLOSES = {"(": 1, ")": -1}


def truncate(cursor: Cursor) -> Iterator[Action]:
    """TRUNCATE of one or several tables."""
    cursor.take("TABLE")
    cursor.take("IF", "EXISTS")
    tables = []
    for piece in split(cursor.rest):
        inner = Cursor(piece, cursor.dialect)
        inner.take("ONLY")
        tables.append(inner.name())
    yield Truncate(tuple(tables))


def insert(cursor: Cursor) -> Iterator[Action]:
    """INSERT OVERWRITE takes all rows away first; a plain INSERT does nothing that matters here."""
    if cursor.take("OVERWRITE"):
        cursor.take("INTO")
        yield Truncate((cursor.name(),), "INSERT OVERWRITE")


def delete(cursor: Cursor) -> Iterator[Action]:
    """DELETE, which counts where no condition limits it."""
    cursor.take("FROM")
    cursor.take("ONLY")
    table = cursor.name()
    cursor.until("WHERE", "RETURNING")
    if not cursor.take("WHERE") or _always(cursor.until("RETURNING")):
        yield DeleteAll(table)


def within(cursor: Cursor) -> Iterator[Action]:
    """Statements inside and behind a WITH: a DELETE there deletes as well."""
    for at, (before, token, after) in enumerate(zip(cursor.tokens, cursor.tokens[1:], cursor.tokens[2:], strict=False)):
        rest = Cursor(_to_closing(cursor.tokens[at + 2 :]), cursor.dialect)
        if token.word == "DELETE" and after.word == "FROM":
            yield from delete(rest)
        elif token.word == "UPDATE" and before.word not in ("FOR", "DO", "ON", "KEY"):
            yield from update(rest)


def update(cursor: Cursor) -> Iterator[Action]:
    """UPDATE: which columns it fills."""
    cursor.take("ONLY")
    table = cursor.name()
    cursor.until("SET")
    cursor.take("SET")
    columns = set()
    for piece in split(cursor.until("FROM", "WHERE", "RETURNING")):
        target = piece[1:] if piece[0].is_symbol("(") else piece[:1]
        for token in target:
            if token.is_symbol("=") or token.is_symbol(")"):
                break
            if token.kind in (Kind.WORD, Kind.QUOTED):
                columns.add(folded(Part(token.text, token.kind is Kind.QUOTED), cursor.dialect))
    yield Update(table, frozenset(columns))


def vacuum(cursor: Cursor) -> Iterator[Action]:
    """VACUUM; FULL writes the tables anew."""
    options = {token.word for token in cursor.parenthesized()}
    while word := cursor.take_any("FULL", "FREEZE", "VERBOSE", "ANALYZE", "ANALYSE"):
        options.add(word)
    if "FULL" in options:
        yield Rewrite("VACUUM FULL", cursor.name() if not cursor.done else None)
    yield OutsideTransaction("VACUUM")


def cluster(cursor: Cursor) -> Iterator[Action]:
    """CLUSTER writes the table anew."""
    cursor.parenthesized()
    cursor.take("VERBOSE")
    if cursor.done:
        yield OutsideTransaction("CLUSTER of all tables")
    yield Rewrite("CLUSTER", None if cursor.done else cursor.name())


def reindex(cursor: Cursor) -> Iterator[Action]:
    """REINDEX, which blocks writers unless it works concurrently."""
    concurrently = "CONCURRENTLY" in {token.word for token in cursor.parenthesized()}
    kind = cursor.take_any("INDEX", "TABLE", "SCHEMA", "DATABASE", "SYSTEM")
    concurrently = cursor.take("CONCURRENTLY") or concurrently
    if concurrently or kind in ("SCHEMA", "DATABASE", "SYSTEM"):
        yield OutsideTransaction(f"REINDEX {kind}{' CONCURRENTLY' if concurrently else ''}")
    if not concurrently:
        yield Rewrite(f"REINDEX {kind}", cursor.name() if kind == "TABLE" else None)


def refresh(cursor: Cursor) -> Iterator[Action]:
    """REFRESH MATERIALIZED VIEW, which blocks readers unless it works concurrently."""
    if cursor.take("MATERIALIZED", "VIEW") and not cursor.take("CONCURRENTLY"):
        view = cursor.name()
        if not any(token.word == "NO" for token in cursor.rest):
            yield Rewrite("REFRESH MATERIALIZED VIEW", view)


def lock(cursor: Cursor) -> Iterator[Action]:
    """LOCK TABLE."""
    cursor.take("TABLE")
    cursor.take("ONLY")
    yield Rewrite("LOCK TABLE", cursor.name())


def _always(condition: Sequence[Token]) -> bool:
    """Whether a condition excludes nothing: `true`, `1 = 1`."""
    texts = [token.text.lower() for token in condition if not token.is_symbol("(") and not token.is_symbol(")")]
    return texts in ([], ["true"]) or (len(texts) == 3 and texts[1] == "=" and texts[0] == texts[2])


def _to_closing(tokens: Sequence[Token]) -> Sequence[Token]:
    depth = 0
    for at, token in enumerate(tokens):
        depth += _CLOSES.get(token.text, 0) if token.kind is Kind.SYMBOL else 0
        if depth < 0:
            return tokens[:at]
    return tokens
