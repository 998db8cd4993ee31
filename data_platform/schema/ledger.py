"""The tables that remember deploys, as Liquibase makes them, and reading their rows."""

# ruff: noqa: S608 - the tables' names come quoted, values are bound

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol, cast

from data_platform.schema.changeset import Identity
from data_platform.schema.history import History, Ran
from data_platform.schema.names import Tables
from data_platform.schema.notes import Note, Progress

# name and type of each column; what is not null in newer Liquibase is so here
_COLUMNS = (
    ("ID", "VARCHAR(255) NOT NULL"),
    ("AUTHOR", "VARCHAR(255) NOT NULL"),
    ("FILENAME", "VARCHAR(255) NOT NULL"),
    ("DATEEXECUTED", "{timestamp} NOT NULL"),
    ("ORDEREXECUTED", "{integer} NOT NULL"),
    ("EXECTYPE", "VARCHAR(10) NOT NULL"),
    ("MD5SUM", "VARCHAR(35)"),
    ("DESCRIPTION", "VARCHAR(255)"),
    ("COMMENTS", "VARCHAR(255)"),
    ("TAG", "VARCHAR(255)"),
    ("LIQUIBASE", "VARCHAR(20)"),
    ("CONTEXTS", "VARCHAR(255)"),
    ("LABELS", "VARCHAR(255)"),
    ("DEPLOYMENT_ID", "VARCHAR(10)"),
)
# what older Liquibase did not have yet
_LATER = ("CONTEXTS", "LABELS", "DEPLOYMENT_ID")


class Session(Protocol):
    """A session with a database that has such tables."""

    def query(self, sql: str, values: Sequence[object] = ...) -> list[tuple[Any, ...]]:
        """Rows of a query; `%s` stands for each value."""

    def columns(self) -> list[str]:
        """Names of the last query's columns."""


def create_changelog(table: str, *, timestamp: str, integer: str) -> str:
    """The statement that makes `databasechangelog`."""
    columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS)
    return f"CREATE TABLE {table} ({columns.format(timestamp=timestamp, integer=integer)})"


def create_lock(table: str, key: str, *, timestamp: str, integer: str) -> str:
    """The statement that makes `databasechangeloglock`."""
    return (
        f"CREATE TABLE {table} (ID {integer} NOT NULL, LOCKED BOOLEAN NOT NULL, LOCKGRANTED {timestamp}, "
        f"LOCKEDBY VARCHAR(255), CONSTRAINT {key} PRIMARY KEY (ID))"
    )


def create_notes(table: str, *, timestamp: str, integer: str, text: str) -> str:
    """The statement that makes the side table."""
    return (
        f"CREATE TABLE {table} (LEDGER {text} NOT NULL, FILENAME {text} NOT NULL, ID {text} NOT NULL, "
        f"AUTHOR {text} NOT NULL, CONTENT_HASH {text}, STATEMENTS_DONE {integer}, STATEMENTS_TOTAL {integer}, "
        f"DONE_HASH {text}, ERROR {text}, CHANGED_AT {timestamp} NOT NULL, "
        f"PRIMARY KEY (LEDGER, FILENAME, ID, AUTHOR))"
    )


def missing_columns(table: str, columns: Iterable[str]) -> list[str]:
    """Statements that add what an older Liquibase's `databasechangelog` lacks."""
    present = {name.upper() for name in columns}
    kinds = dict(_COLUMNS)
    return [f"ALTER TABLE {table} ADD {name} {kinds[name]}" for name in _LATER if name not in present]


def read_history(session: Session, changelog: str) -> History:
    """What `databasechangelog` remembers.

    Args:
        changelog: the table's qualified and quoted name.

    Raises:
        DatabaseError: it cannot be read.
    """
    rows = session.query(f"SELECT * FROM {changelog} ORDER BY DATEEXECUTED ASC, ORDEREXECUTED ASC")
    return History(_ran(session.columns(), rows))


def read_notes(session: Session, tables: Tables) -> dict[Identity, Note]:
    """What the side table remembers of this `databasechangelog`, by changeset.

    Raises:
        DatabaseError: it cannot be read.
    """
    query = (
        "SELECT FILENAME, ID, AUTHOR, CONTENT_HASH, STATEMENTS_DONE, STATEMENTS_TOTAL, DONE_HASH, ERROR"
        f" FROM {tables.notes} WHERE LEDGER = %s"
    )
    notes = {}
    for file, id_, author, content_hash, done, total, done_hash, error in session.query(query, (tables.ledger,)):
        identity = Identity(file, id_, author)
        progress = None if done is None else Progress(int(done), int(total), done_hash, error)
        notes[identity] = Note(identity, content_hash, progress)
    return notes


def _ran(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[Ran]:
    """Rows of `SELECT *`, whatever columns there are, in order."""
    place = {name.lower(): index for index, name in enumerate(columns)}
    id_, author, file = place["id"], place["author"], place["filename"]
    order, exectype, executed = place["orderexecuted"], place["exectype"], place["dateexecuted"]
    texts = [
        place.get(name)
        for name in ("md5sum", "description", "comments", "tag", "liquibase", "contexts", "labels", "deployment_id")
    ]

    def ran(row: Sequence[object]) -> Ran:
        values = cast(list[str | None], [None if index is None else row[index] for index in texts])
        checksum, description, comments, tag, liquibase, contexts, labels, deployment_id = values
        return Ran(
            identity=Identity(str(row[file]), str(row[id_]), str(row[author])),
            checksum=checksum,
            order=cast(int, row[order]),
            exectype=str(row[exectype]),
            executed_at=cast(datetime, row[executed]),
            description=description,
            comments=comments,
            tag=tag,
            liquibase=liquibase,
            contexts=contexts,
            labels=labels,
            deployment_id=deployment_id,
        )

    return [ran(row) for row in rows]
