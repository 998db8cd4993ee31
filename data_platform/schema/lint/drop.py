"""Reads DROP, and the kinds of objects that CREATE, DROP and ALTER name."""

from collections.abc import Iterator

from data_platform.schema.lint.actions import Action, Drop, OutsideTransaction
from data_platform.schema.lint.cursor import Cursor, split
from data_platform.schema.lint.names import Name

_KINDS = (
    "MATERIALIZED VIEW", "FOREIGN TABLE", "EXTERNAL TABLE", "DYNAMIC TABLE", "ICEBERG TABLE", "HYBRID TABLE",
    "EVENT TABLE", "EVENT TRIGGER", "FILE FORMAT", "MASKING POLICY", "ROW ACCESS POLICY", "NETWORK POLICY",
    "RESOURCE MONITOR", "DATABASE ROLE", "FOREIGN DATA WRAPPER", "USER MAPPING", "TEXT SEARCH CONFIGURATION",
    "TEXT SEARCH DICTIONARY", "TEXT SEARCH PARSER", "TEXT SEARCH TEMPLATE", "OPERATOR CLASS", "OPERATOR FAMILY",
    "ACCESS METHOD", "MACRO TABLE", "EXTERNAL FUNCTION", "CONSTRAINT TRIGGER",
)  # fmt: skip
_WORDS = {kind: tuple(kind.split()) for kind in _KINDS}
_FIRST = {words[0] for words in _WORDS.values()}


def take_kind(cursor: Cursor) -> str:
    """Step over the kind of an object: one word, or several that belong together."""
    word = cursor.token.word
    if word in _FIRST:
        for kind, words in _WORDS.items():
            if cursor.take(*words):
                return kind
    cursor.at += 1
    return {"PROC": "PROCEDURE", "USER": "ROLE", "GROUP": "ROLE"}.get(word, word)


def read(cursor: Cursor) -> Iterator[Action]:
    """The actions of a DROP; the cursor stands behind the word."""
    if cursor.take("OWNED"):
        yield Drop("OWNED", (Name(None, "by " + " ".join(token.text for token in cursor.rest[1:])),))
        return
    kind = take_kind(cursor)
    concurrently = cursor.take("CONCURRENTLY")
    cursor.take("IF", "EXISTS")
    cascade = any(token.word == "CASCADE" for token in cursor.rest)
    names = tuple(Cursor(piece, cursor.dialect).name() for piece in split(cursor.rest))
    yield Drop(kind, names, concurrently, cascade)
    if concurrently:
        yield OutsideTransaction(f"DROP {kind} CONCURRENTLY")
    if kind in ("DATABASE", "TABLESPACE"):
        yield OutsideTransaction(f"DROP {kind}")
