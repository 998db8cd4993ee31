"""Reads column definitions, of CREATE TABLE and of ADD COLUMN."""

from collections.abc import Sequence

from data_platform.schema.lint.alterations import Column
from data_platform.schema.lint.cursor import Cursor, split
from data_platform.schema.lint.names import Part, folded
from data_platform.schema.lint.tokens import Kind, Token

# where a column's type ends
_AFTER_TYPE = (
    "NOT", "NULL", "DEFAULT", "PRIMARY", "UNIQUE", "CHECK", "REFERENCES", "CONSTRAINT", "GENERATED", "COLLATE", "AS",
    "IDENTITY", "AUTOINCREMENT", "AUTO_INCREMENT", "COMMENT", "USING", "STORAGE", "COMPRESSION", "WITH", "MASKING",
    "TAG", "FIRST", "AFTER", "CASCADE", "RESTRICT",
)  # fmt: skip
_AFTER_DEFAULT = tuple(word for word in _AFTER_TYPE if word not in ("NULL", "AS", "WITH", "FIRST", "AFTER"))
_TABLE_CONSTRAINTS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "EXCLUDE", "LIKE", "PERIOD", "INDEX")
_SERIAL = ("smallserial", "serial", "bigserial", "serial2", "serial4", "serial8")


def read_columns(inside: Sequence[Token], dialect: str) -> tuple[list[Column], list[Part]]:
    """The columns between the parentheses of CREATE TABLE.

    Returns:
        The columns, and their names as written.
    """
    columns, parts = [], []
    for piece in split(inside):
        if piece[0].word in _TABLE_CONSTRAINTS and not (len(piece) > 1 and piece[0].word in ("PERIOD", "INDEX")):
            continue
        column, part = read_column(piece, dialect)
        columns.append(column)
        parts.append(part)
    return columns, parts


def read_column(piece: Sequence[Token], dialect: str) -> tuple[Column, Part]:
    """One column: its name, its type, and what is asked of it.

    Returns:
        The column, and its name as written.
    """
    cursor = Cursor(piece, dialect)
    part = Part(cursor.token.text, cursor.token.kind is Kind.QUOTED)
    cursor.at += 1
    written = [*cursor.until(*_AFTER_TYPE)]
    if cursor.sees("WITH", "TIME", "ZONE"):
        written += [*cursor.until("ZONE"), cursor.token]
        cursor.skip()
    kind = type_text(written)
    not_null = generated = identity = key = False
    default: tuple[Token, ...] | None = None
    while not cursor.done:
        if cursor.take("NOT", "NULL"):
            not_null = True
        elif cursor.take("DEFAULT"):
            default = tuple(cursor.until("NOT", *_AFTER_DEFAULT))
        elif cursor.take("PRIMARY", "KEY"):
            key = not_null = True
        elif cursor.take("UNIQUE"):
            key = True
        elif cursor.take_any("IDENTITY", "AUTOINCREMENT", "AUTO_INCREMENT"):
            identity = True
        elif cursor.take("GENERATED"):
            cursor.until("AS")
            cursor.take("AS")
            identity = identity or cursor.sees("IDENTITY")
            generated = not cursor.sees("IDENTITY") and any(token.word == "STORED" for token in cursor.rest)
        else:
            cursor.skip()
    identity = identity or kind in _SERIAL
    name = folded(part, dialect)
    return Column(name, kind, not_null, default, generated=generated, identity=identity, key=key), part


def type_text(tokens: Sequence[Token]) -> str:
    """A type as one text in lower case: `character varying(20)`, `numeric(10,2)`, `integer[]`."""
    text = ""
    for token in tokens:
        glued = token.kind is Kind.SYMBOL or not text or text.endswith(("(", "[", ",", "."))
        text += token.text.lower() if glued else f" {token.text.lower()}"
    return text.removeprefix("pg_catalog.")
