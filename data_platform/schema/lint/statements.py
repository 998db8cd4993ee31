"""The statements of a changeset with what each does."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data_platform.schema.changes import Sql
from data_platform.schema.changeset import Changeset
from data_platform.schema.errors import ChangelogError
from data_platform.schema.expressions import Selection
from data_platform.schema.lint.actions import Action
from data_platform.schema.lint.reading import read
from data_platform.schema.statements import Statement, split


@dataclass(frozen=True, slots=True)
class Done:
    """An action and the line of the file where it is written."""

    action: Action
    line: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a changeset's SQL cannot be split into statements."""

    what: str
    line: int


def done_by(changeset: Changeset, dialect: str) -> Iterator[Done | Unreadable]:
    """What a changeset's statements do, in order, with their lines in its file."""
    for change in changeset.changes:
        if not isinstance(change, Sql) or not Selection(dbms=dialect).takes_dbms(change.dbms):
            continue
        try:
            statements = _statements(change, dialect, changeset.source)
        except ChangelogError as error:
            yield Unreadable(error.what, change.file_line(_line_of(error, change.line)))
            statements = [Statement(change.text, change.line)]
        for statement in statements:
            for action, line in read(statement.text, line=statement.line, dialect=dialect):
                yield Done(action, change.file_line(line))


def _statements(change: Sql, dialect: str, source: Path) -> list[Statement]:
    """One by one, also where the database is sent several at once."""
    found = []
    for statement in split(change, source, dialect):
        if change.split and change.end_delimiter is None:
            found.append(statement)
        else:
            found += split(Sql(statement.text, statement.line, strip_comments=False), source, dialect)
    return found


def _line_of(error: ChangelogError, default: int) -> int:
    _, _, line = (error.where or "").rpartition(":")
    return int(line) if line.isdigit() else default
