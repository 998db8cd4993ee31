"""Reads ALTER."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from data_platform.schema.lint.actions import Action, OutsideTransaction, Rename, Rewrite
from data_platform.schema.lint.alterations import AddColumn, AddConstraint, AlterType, DropColumn, SetNotNull
from data_platform.schema.lint.columns import read_column, type_text
from data_platform.schema.lint.cursor import Cursor, split
from data_platform.schema.lint.drop import take_kind
from data_platform.schema.lint.names import Name, Part, folded
from data_platform.schema.lint.tokens import Kind, Token

_CONSTRAINTS = ("CHECK", "FOREIGN", "UNIQUE", "PRIMARY", "EXCLUDE")
_VERBS = (
    "ADD", "DROP", "ALTER", "MODIFY", "RENAME", "SET", "RESET", "SWAP", "ATTACH", "DETACH", "VALIDATE", "OWNER",
    "ENABLE", "DISABLE", "CLUSTER", "INHERIT", "NO", "REPLICA", "OF", "NOT", "FORCE", "UNSET", "SUSPEND", "RESUME",
)  # fmt: skip
# whose other name nobody reads by
_QUIET = ("INDEX", "CONSTRAINT", "TRIGGER", "POLICY", "RULE", "SEQUENCE", "STATISTICS", "ROLE", "WAREHOUSE", "TASK")
_DROPPED = ("DEFAULT", "NOT", "IDENTITY", "EXPRESSION", "CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CLUSTERING")
_NOT_COLUMNS = (*_DROPPED[5:], "CONSTRAINT", "ROW", "SEARCH", "PARTITION", "ALL", "TAG", "VALUE")


def read(cursor: Cursor) -> Iterator[Action]:
    """The actions of an ALTER; the cursor stands behind the word."""
    if cursor.take("SYSTEM"):
        yield OutsideTransaction("ALTER SYSTEM")
        return
    kind = take_kind(cursor)
    if kind in ("DEFAULT", "ROLE", "SESSION", "ACCOUNT"):
        return
    cursor.take("IF", "EXISTS")
    cursor.take("ONLY")
    table = cursor.name()
    cursor.parenthesized()  # a function's arguments
    cursor.symbol("*")
    verb: Sequence[Token] = []
    for piece in split(cursor.rest):
        begins = piece[0].word in _VERBS
        verb = piece[:2] if begins and len(piece) > 1 and piece[1].word == "COLUMN" else piece[:1] if begins else verb
        yield from _one(kind, table, Cursor(piece if begins else [*verb, *piece], cursor.dialect))


def _one(kind: str, table: Name, cursor: Cursor) -> Iterator[Action]:
    match cursor.take_any(*_VERBS):
        case "ADD":
            yield from _add(kind, table, cursor)
        case "DROP":
            if (kind.endswith("TABLE") or cursor.take("ATTRIBUTE")) and cursor.token.word not in _NOT_COLUMNS:
                yield from _drop(table, cursor)
        case "ALTER" | "MODIFY":
            yield from _alter(table, cursor)
        case "RENAME":
            yield from _rename(kind, table, cursor)
        case "SET":
            yield from _set(kind, table, cursor)
        case "SWAP":
            cursor.take("WITH")
            yield Rename(f"{kind} (SWAP)", table, cursor.name())
        case "DETACH":
            if any(token.word == "CONCURRENTLY" for token in cursor.rest):
                yield OutsideTransaction("DETACH PARTITION CONCURRENTLY")


def _add(kind: str, table: Name, cursor: Cursor) -> Iterator[Action]:
    explicit = cursor.take("COLUMN")
    if not explicit and cursor.take("CONSTRAINT"):
        cursor.parts()
    if not explicit and cursor.take("NOT", "NULL"):
        unchecked = cursor.name()
        yield AddConstraint(table, "CHECK", not cursor.sees("NOT", "VALID"), frozenset({unchecked.name}))
        return
    if not explicit and (constraint := cursor.take_any(*_CONSTRAINTS)):
        yield _constraint(table, constraint, cursor.rest, cursor.dialect)
        return
    if not kind.endswith("TABLE") or (not explicit and cursor.token.word in _NOT_COLUMNS):
        return
    cursor.take("IF", "NOT", "EXISTS")
    inside = split(cursor.parenthesized()) or [cursor.rest]
    for piece in inside:
        if piece:
            column, part = read_column(piece, cursor.dialect)
            yield AddColumn(table, column, (part,))


def _constraint(table: Name, kind: str, rest: Sequence[Token], dialect: str) -> AddConstraint:
    words = [token.word for token in rest]
    unchecked = any(pair in (("NOT", "VALID"), ("NOT", "ENFORCED")) for pair in pairwise(words))
    has_index = words[:2] == ["USING", "INDEX"] or words[:3] == ["KEY", "USING", "INDEX"]
    named = frozenset(
        folded(Part(token.text, token.kind is Kind.QUOTED), dialect)
        for at, token in enumerate(rest)
        if words[at + 1 : at + 4] == ["IS", "NOT", "NULL"]
    )
    is_simple = kind == "CHECK" and "OR" not in words
    return AddConstraint(table, kind, not unchecked and not has_index, named if is_simple else frozenset())


def _drop(table: Name, cursor: Cursor) -> Iterator[Action]:
    cursor.take("COLUMN")
    cursor.take("IF", "EXISTS")
    yield DropColumn(table, cursor.name().name)


def _alter(table: Name, cursor: Cursor) -> Iterator[Action]:
    pieces = split(cursor.parenthesized()) or [cursor.rest]
    for piece in pieces:
        inner = Cursor(piece, cursor.dialect)
        inner.take_any("COLUMN", "ATTRIBUTE")
        column = inner.name().name
        setting = inner.take("SET")
        if (setting and inner.take("DATA", "TYPE")) or inner.take("TYPE"):
            yield AlterType(table, column, type_text(inner.until("COLLATE", "USING", "COMMENT", "CASCADE")))
        elif inner.take("NOT", "NULL"):
            yield SetNotNull(table, column)


def _rename(kind: str, table: Name, cursor: Cursor) -> Iterator[Action]:
    if cursor.take("TO"):
        to = cursor.name()
        if kind not in _QUIET:
            # the new name is in the old one's schema, where it names none
            yield Rename(kind, table, Name(to.schema or table.schema, to.name))
    elif not cursor.take("CONSTRAINT") and not cursor.take("VALUE"):
        cursor.take_any("COLUMN", "ATTRIBUTE")
        column = cursor.name().name
        if cursor.take("TO"):
            yield Rename(kind, table, cursor.name(), column)


def _set(kind: str, table: Name, cursor: Cursor) -> Iterator[Action]:
    if cursor.take("SCHEMA"):
        schema = cursor.name().name
        yield Rename(kind, table, Name(None if schema in ("public", "main") else schema, table.name))
    elif kind.endswith("TABLE") and (how := cursor.take_any("LOGGED", "UNLOGGED", "TABLESPACE")):
        yield Rewrite(f"SET {how}", table)
    elif kind.endswith("TABLE") and cursor.take("ACCESS", "METHOD"):
        yield Rewrite("SET ACCESS METHOD", table)
