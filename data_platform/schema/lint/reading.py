"""Reads what statements do. What is not understood does nothing here: a linter must not stand in the way of SQL."""

from collections.abc import Callable, Iterator, Sequence

from data_platform.schema.lint import alter, create, drop, rows
from data_platform.schema.lint.actions import Action
from data_platform.schema.lint.cursor import Cursor, split
from data_platform.schema.lint.tokens import Kind, Token, tokens

Done = tuple[Action, int]
_READERS: dict[str, Callable[[Cursor], Iterator[Action]]] = {
    "CREATE": create.read,
    "DROP": drop.read,
    "ALTER": alter.read,
    "TRUNCATE": rows.truncate,
    "DELETE": rows.delete,
    "UPDATE": rows.update,
    "INSERT": rows.insert,
    "WITH": rows.within,
    "VACUUM": rows.vacuum,
    "CLUSTER": rows.cluster,
    "REINDEX": rows.reindex,
    "REFRESH": rows.refresh,
    "LOCK": rows.lock,
}
# the name of an object that is known only when the statement runs
COMPUTED = "computed_name"
# where a statement may begin inside a block of PL/pgSQL or Snowflake scripting
_BEFORE = ("BEGIN", "THEN", "ELSE", "LOOP", "DO")


def read(sql: str, *, line: int = 1, dialect: str = "postgresql") -> list[Done]:
    """What one statement does; a block (`DO $$ … $$`) is looked into, the body of a routine is not.

    Args:
        line: of the file, where the text begins.
        dialect: `postgresql`, `duckdb` or `snowflake`.

    Returns:
        Each action with the line of the statement that does it, in order.
    """
    found = tokens(sql, line=line, dialect=dialect)
    return list(_statement(found, dialect)) if found else []


def _statement(statement: Sequence[Token], dialect: str) -> Iterator[Done]:
    first = statement[0].word
    if reader := _READERS.get(first):
        for action in reader(Cursor(statement, dialect, 1)):
            yield action, statement[0].line
    elif first == "DO" or (first == "EXECUTE" and len(statement) > 1 and statement[1].word == "IMMEDIATE"):
        for token in statement:
            if token.kind in (Kind.BODY, Kind.STRING):
                yield from _block(tokens(token.text, line=token.line, dialect=dialect), dialect)
    elif first in ("BEGIN", "DECLARE", "IF", "FOR"):
        yield from _block(statement, dialect)


def _block(body: Sequence[Token], dialect: str) -> Iterator[Done]:
    start = True
    for at, token in enumerate(body):
        if start and (token.word in _READERS or token.word == "EXECUTE"):
            rest = body[at : _end(body, at)]
            yield from _executed(rest, dialect) if token.word == "EXECUTE" else _statement(rest, dialect)
        start = token.is_symbol(";") or token.is_symbol(">") or token.word in _BEFORE


def _executed(statement: Sequence[Token], dialect: str) -> Iterator[Done]:
    """EXECUTE of a text: what is known of it is read; what is computed stands as a name that no object has."""
    texts = [token.text for token in statement if token.kind in (Kind.STRING, Kind.BODY)]
    text = f" {COMPUTED} ".join(texts)
    for placeholder in ("%I", "%L", "%s"):
        text = text.replace(placeholder, COMPUTED)
    for piece in split(tokens(text, dialect=dialect), ";"):
        for action, _ in _statement(piece, dialect):
            yield action, statement[0].line


def _end(body: Sequence[Token], at: int) -> int:
    return next((index for index in range(at, len(body)) if body[index].is_symbol(";")), len(body))
