"""Generated objects as files of formatted SQL, which are read back to be sure that they say what is meant."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from data_platform.schema.changelog.formatted_sql import read_formatted_sql
from data_platform.schema.changelog.properties import Properties
from data_platform.schema.changes import Sql
from data_platform.schema.changeset import Changeset
from data_platform.schema.errors import ChangelogError, SchemaError
from data_platform.schema.expressions import Selection
from data_platform.schema.generate.one_line import in_one_line
from data_platform.schema.generate.pieces import Piece

_NOT_IN_IDS = re.compile(r"[^\w.-]+", re.ASCII)
_NOT_IN_FILES = re.compile(r"[^a-z0-9]+")
_PLAIN_AUTHOR = re.compile(r"[\w.@-]+", re.ASCII)


def files(pieces: Sequence[Piece], author: str, dbms: str) -> dict[str, str]:
    """File names and texts, in the order in which they run.

    Raises:
        SchemaError: an object's text cannot be written into a changelog file.
    """
    ids = _Ids()
    found = {}
    for number, ((group, schema), of_file) in enumerate(groupby(pieces, lambda each: (each.group, each.schema)), 1):
        what = _NOT_IN_FILES.sub("_", f"{schema}_{group}".lower()).strip("_")
        changesets = [_checked(piece, author, ids.of(piece), dbms) for piece in of_file]
        found[f"{number:03}_{what}.sql"] = "\n\n".join(["--liquibase formatted sql", *changesets]) + "\n"
    return found


class _Ids:
    """Ids of changesets: what the object is called, and a number where another one is called alike."""

    def __init__(self) -> None:
        self.used: set[str] = set()

    def of(self, piece: Piece) -> str:
        base = name = _NOT_IN_IDS.sub("_", piece.name)[:200]
        number = 1
        while name.lower() in self.used:
            number += 1
            name = f"{base}-{number}"
        self.used.add(name.lower())
        return name


def _checked(piece: Piece, author: str, name: str, dbms: str) -> str:
    """The changeset's text; with its literals in one line where a line of them would be taken for a directive."""
    for statements in _ways(piece, dbms):
        text = _changeset(piece, statements, author, name)
        if _read_back(text, author, name, statements, piece):
            return text
    raise SchemaError(
        f"{piece.name} cannot be written out: its text has a part that a changelog file takes for something else",
        fix="write its changeset by hand",
        anchor="database-catalogue",
    )


def _ways(piece: Piece, dbms: str) -> Iterator[tuple[str, ...]]:
    if not any("\r" in statement or "${" in statement for statement in piece.statements):
        yield piece.statements
    yield tuple(in_one_line(statement, dbms) for statement in piece.statements)


def _changeset(piece: Piece, statements: Sequence[str], author: str, name: str) -> str:
    shown = author if _PLAIN_AUTHOR.fullmatch(author) else f'"{author}"'
    lines = [f"--changeset {shown}:{name}{' splitStatements:false' if piece.whole else ''}"]
    lines += [f"{statement};" for statement in statements]
    lines += [f"--rollback {statement};" for statement in piece.undo] or ["--rollback not required"]
    return "\n".join(lines)


def _read_back(text: str, author: str, name: str, statements: Sequence[str], piece: Piece) -> bool:
    try:
        (found,) = _parsed(text)
    except (ChangelogError, ValueError):
        return False
    (change,) = found.changes
    undone = "\n".join(each.text for each in found.rollback.changes) if found.rollback else ""
    # a property of this name would be put in when it is read; in comments that hurts nobody
    expanded = any("${" in statement for statement in (*statements, *piece.undo) if not statement.startswith("COMMENT"))
    return (
        isinstance(change, Sql)
        and not expanded
        and change.text == "\n".join(f"{statement};" for statement in statements)
        and undone == "\n".join(f"{statement};" for statement in piece.undo)
        and (found.identity.author, found.identity.id) == (author, name)
    )


def _parsed(text: str) -> list[Changeset]:
    whole = f"--liquibase formatted sql\n{text}\n"
    return read_formatted_sql(whole, "generated.sql", Path("generated.sql"), Properties(Selection()), [])
