"""Context and label expressions: which changesets a run is for.

Liquibase's grammar: `and`, `or` and a comma (as `or`), `not` or `!`, parentheses; names are compared without regard to
case. An expression that cannot be read is refused.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from data_platform.schema.errors import ChangelogError

_TOKEN = re.compile(r"\s*([(),!]|[^\s(),!]+)")
# what makes Liquibase put an expression in parentheses
_SEVERAL = re.compile(r",|\s(and|or)\s|\bnot\s", re.ASCII | re.IGNORECASE)
_Test = Callable[[Callable[[str], bool]], bool]


@lru_cache(maxsize=4096)
def parse(expression: str) -> _Test:
    """Turn an expression into a test of names.

    Returns:
        A function that is given "does this name hold?" and says whether the expression holds.

    Raises:
        ValueError: the expression cannot be read; the message says where it stops making sense.
    """
    symbols = _TOKEN.findall(expression)
    position = 0

    def word() -> str:
        return symbols[position] if position < len(symbols) else ""

    def alternatives() -> _Test:
        nonlocal position
        parts = [conjunction()]
        while word() == "," or word().lower() == "or":
            position += 1
            if symbols[position - 1] != "," or word() not in ("", ")"):  # a comma may be the last
                parts.append(conjunction())
        return parts[0] if len(parts) == 1 else lambda holds: any(part(holds) for part in parts)

    def conjunction() -> _Test:
        nonlocal position
        parts = [term()]
        while word().lower() == "and":
            position += 1
            parts.append(term())
        return parts[0] if len(parts) == 1 else lambda holds: all(part(holds) for part in parts)

    def term() -> _Test:
        nonlocal position
        symbol = word()
        position += 1
        if symbol == "!" or symbol.lower() == "not":
            inner = term()
            return lambda holds: not inner(holds)
        if symbol == "(":
            inner = alternatives()
            if word() != ")":
                raise ValueError("a parenthesis is not closed")
            position += 1
            return inner
        if not symbol or symbol in "),":
            raise ValueError(f"a name is missing before {symbol!r}" if symbol else "it ends too early")
        if symbol.lower() in ("and", "or"):
            raise ValueError(f"a name is missing before {symbol!r}")
        return lambda holds: holds(symbol)

    test = alternatives()
    if position < len(symbols):
        raise ValueError(f"{word()!r} is not expected there")
    return test


@dataclass(frozen=True)
class Selection:
    """What a run is for.

    Args:
        contexts: names given with `--contexts`; none given means all changesets but those with an `@` name.
        labels: the expression given with `--labels`, or None.
        dbms: the database's short name: `postgresql`, `duckdb`, `snowflake`.
    """

    contexts: tuple[str, ...] = ()
    labels: str | None = None
    dbms: str = "postgresql"

    def takes(self, *, contexts: str | None = None, labels: str | None = None, dbms: str | None = None) -> bool:
        """Whether something with these filters, as written in a file, is meant."""
        names = tuple(name.strip().lower() for name in (labels or "").split(",") if name.strip())
        databases = tuple(name.strip().lower() for name in (dbms or "").split(",") if name.strip())
        return self.takes_contexts(contexts) and self.takes_labels(names) and self.takes_dbms(databases)

    def takes_contexts(self, expression: str | None) -> bool:
        """Whether a context expression holds for the contexts given."""
        if not expression or not expression.strip():
            return True
        if not self.contexts:
            # all run, but what asks for a context by `@` waits until one is given
            return not any(symbol.startswith("@") for symbol in _TOKEN.findall(expression))
        given = {name.lower() for name in self.contexts}
        return parse(expression)(lambda name: name.lower().removeprefix("@") in given)

    def takes_labels(self, labels: Collection[str]) -> bool:
        """Whether the label expression given holds for a changeset's labels."""
        if not self.labels or not labels:
            return True
        return parse(self.labels)(lambda name: name.lower() in labels)

    def takes_dbms(self, names: Collection[str]) -> bool:
        """Whether a list of databases, each perhaps negated by `!`, covers the one at hand."""
        if not names or "all" in names:
            return True
        if "none" in names or f"!{self.dbms}" in names:
            return False
        return self.dbms in names or all(name.startswith("!") for name in names)


def recorded_contexts(expression: str, source: Path, line: int) -> str | None:
    """A context expression as `databasechangelog` records it: in parentheses when it is of several parts.

    Raises:
        ChangelogError: it cannot be read.
    """
    text = expression.strip()
    if not text:
        return None
    try:
        parse(text)
    except ValueError as error:
        raise ChangelogError(
            f"the context expression {text!r} cannot be read: {error}", where=source, line=line, anchor="changelogs"
        ) from None
    return f"({text})" if _SEVERAL.search(text) else text


def recorded_labels(text: str) -> tuple[str, ...]:
    """Labels as recorded: lower-cased, without blanks."""
    return tuple(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))


def both(outer: str | None, inner: str | None) -> str | None:
    """Two context expressions, of an include and of what it includes, as recorded when both must hold."""
    return f"{outer} AND {inner}" if outer and inner else outer or inner
