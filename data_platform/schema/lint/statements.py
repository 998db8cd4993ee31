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
    """An action, and where it is written.

    Args:
        file: as recorded, when it is not its changeset's file.
    """

    action: Action
    line: int
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a changeset's SQL cannot be split into statements."""

    what: str
    line: int
    file: str | None = None


def done_by(changeset: Changeset, dialect: str) -> Iterator[Done | Unreadable]:
    """What a changeset's statements do, in order, with their lines in its file."""
    for change in changeset.changes:
        if not isinstance(change, Sql) or not Selection(dbms=dialect).takes_dbms(change.dbms):
            continue
        try:
            statements = _statements(change, dialect, changeset.source)
        except ChangelogError as error:
            yield Unreadable(error.what, _line_of(error, change.line), change.path)
            statements = [Statement(change.text, change.line, change.gaps, change.path)]
        for statement in statements:
            for action, line in read(statement.text, line=statement.line, dialect=dialect):
                yield Done(action, _in_file(statement, line), statement.file)


def _statements(change: Sql, dialect: str, source: Path) -> list[Statement]:
    """One by one, also where the database is sent several at once."""
    found = []
    for statement in split(change, source, dialect):
        if change.split and change.end_delimiter is None:
            found.append(statement)
        else:
            text, line, gaps = statement.text, statement.line, statement.gaps
            whole = Sql(text, line, strip_comments=False, path=change.path, gaps=gaps)
            found += split(whole, source, dialect)
    return found


def _in_file(statement: Statement, counted: int) -> int:
    """The file's line for one that was counted on from the statement's first."""
    position = 0
    for _ in range(counted - statement.line):
        position = statement.text.find("\n", position) + 1
    return statement.line_at(position)


def _line_of(error: ChangelogError, default: int) -> int:
    _, _, line = (error.where or "").rpartition(":")
    return int(line) if line.isdigit() else default
