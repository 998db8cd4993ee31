"""What alignment must know of a view's SQL: that it is one query, and which other views it names."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from data_platform.schema.align.dialect import Dialect
from data_platform.schema.align.names import Name

_DIALECTS = {"postgresql": "postgres", "duckdb": "duckdb", "snowflake": "snowflake"}
_BEGINNINGS = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "FROM", "("})
_NAMES = frozenset({"VAR", "IDENTIFIER"})


def one_query(text: str, dialect: Dialect) -> str:
    """The query without the semicolon at its end.

    Raises:
        ValueError: it is no single query.
    """
    tokens = _tokens(text, dialect)
    semicolons = [token for token in tokens if token.token_type.name == "SEMICOLON"]
    rest = [token for token in tokens if token.token_type.name != "SEMICOLON"]
    if not rest or rest[0].text.upper() not in _BEGINNINGS:
        raise ValueError("a view's definition is one SELECT, without CREATE VIEW before it")
    if semicolons and semicolons[0].start < rest[-1].end:
        raise ValueError("a view's definition is one SELECT, and no second statement")
    return text[: rest[-1].end + 1].strip()


def views_named(text: str, views: Iterable[Name], dialect: Dialect) -> frozenset[Name]:
    """Those of `views` whose names stand in the SQL (not in its strings and comments)."""
    wanted = set(views)
    names = [
        (dialect.fold(token.text) if token.token_type.name != "IDENTIFIER" else token.text, token)
        for token in _tokens(text, dialect)
    ]
    found = set()
    for length in {len(name) for name in wanted}:
        for at in range(len(names)):
            chain = names[at : at + 2 * length - 1]
            dots = all(token.token_type.name == "DOT" for _, token in chain[1::2])
            name = tuple(part for part, _ in chain[::2])
            if dots and len(name) == length and name in wanted:
                found.add(name)
    return frozenset(found)


def takes_all_columns(text: str, dialect: Dialect) -> bool:
    """Whether columns that come to what is read may change what the SQL means: `*`, `t.*`, NATURAL JOIN."""
    kinds = [token.token_type.name for token in _tokens(text, dialect)]
    before_star = {"SELECT", "COMMA", "DOT", "DISTINCT", "ALL"}
    return "NATURAL" in kinds or any(kind == "STAR" and before in before_star for before, kind in pairwise(kinds))


def same_tokens(text: str, dialect: Dialect) -> str:
    """The SQL in a form in which blanks, comments and the case of plain words make no difference."""
    tokens = [token for token in _tokens(text, dialect) if token.token_type.name != "SEMICOLON"]
    return " ".join(_spelling(token.token_type.name, token.text) for token in tokens)


def query_of(create_view: str, dialect: Dialect) -> str:
    """The query of a CREATE VIEW statement, in the form of `same_tokens`."""
    depth = 0
    for token in _tokens(create_view, dialect):
        depth += {"L_PAREN": 1, "R_PAREN": -1}.get(token.token_type.name, 0)
        if depth == 0 and token.token_type.name == "ALIAS":
            return same_tokens(create_view[token.end + 1 :], dialect)
    return same_tokens(create_view, dialect)


def in_reading_order(reads: Mapping[Name, frozenset[Name]]) -> list[Name]:
    """The names so that each comes after those it reads.

    Raises:
        ValueError: they read each other in a circle.
    """
    from graphlib import CycleError, TopologicalSorter

    order = TopologicalSorter({name: sorted(others & reads.keys()) for name, others in sorted(reads.items())})
    try:
        return list(order.static_order())
    except CycleError as error:
        circle = " -> ".join(".".join(name) for name in error.args[1])
        raise ValueError(f"views read each other in a circle: {circle}") from None


def _spelling(kind: str, text: str) -> str:
    if kind in {"STRING", "RAW_STRING", "HEREDOC_STRING", "NATIONAL_STRING", "BYTE_STRING"}:
        return "'" + text.replace("'", "''") + "'"
    if kind == "IDENTIFIER":
        return '"' + text.replace('"', '""') + '"'
    return text.upper()


def _tokens(text: str, dialect: Dialect) -> list[Any]:
    from sqlglot import Dialect as SqlDialect
    from sqlglot.errors import TokenError

    try:
        return SqlDialect.get_or_raise(_DIALECTS[dialect.name]).tokenize(text)
    except TokenError as error:
        raise ValueError(f"the SQL cannot be read: {str(error).splitlines()[0]}") from None
