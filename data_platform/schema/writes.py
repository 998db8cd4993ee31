"""What is written to the history of a database, as data."""

from dataclasses import dataclass

from data_platform.schema.changes import TagDatabase
from data_platform.schema.changeset import Changeset, Identity
from data_platform.schema.history import Ran
from data_platform.schema.notes import Note


@dataclass(frozen=True, slots=True)
class Row:
    """A row of `databasechangelog` as it is to be; the database's clock dates it."""

    identity: Identity
    order: int
    exectype: str
    checksum: str | None
    description: str
    comments: str
    tag: str | None
    liquibase: str
    contexts: str | None
    labels: str | None
    deployment_id: str


@dataclass(frozen=True, slots=True)
class Insert:
    """Adds a row."""

    row: Row


@dataclass(frozen=True, slots=True)
class Update:
    """Replaces the row of a changeset that ran again; its tag stays unless the new row has one.

    Args:
        identity: with the file as it is stored.
    """

    identity: Identity
    row: Row


@dataclass(frozen=True, slots=True)
class Delete:
    """Removes a changeset's row. `identity` has the file as it is stored."""

    identity: Identity


@dataclass(frozen=True, slots=True)
class SetChecksum:
    """Replaces a row's checksum only; None clears it. `identity` has the file as it is stored."""

    identity: Identity
    checksum: str | None


@dataclass(frozen=True, slots=True)
class SetTag:
    """Tags a row, such as the last one; None takes its tag away."""

    ran: Ran
    tag: str | None


@dataclass(frozen=True, slots=True)
class PutNote:
    """Writes a row of the side table.

    Args:
        replaces: whether the changeset has a row there already.
    """

    note: Note
    replaces: bool


@dataclass(frozen=True, slots=True)
class DropNote:
    """Removes a changeset's row of the side table, if it has one."""

    identity: Identity


Write = Insert | Update | Delete | SetChecksum | SetTag | PutNote | DropNote


def row_of(changeset: Changeset, *, order: int, exectype: str, liquibase: str, deployment_id: str) -> Row:
    """The row that says a changeset was executed (EXECUTED, RERAN) or counts as such (MARK_RAN)."""
    return Row(
        identity=changeset.identity,
        order=order,
        exectype=exectype,
        checksum=changeset.checksum,
        description=_short(changeset.description),
        comments=_short(changeset.comment),
        tag=next((each.tag for each in changeset.changes if isinstance(each, TagDatabase)), None),
        liquibase=liquibase,
        contexts=changeset.contexts,
        labels=",".join(changeset.labels) or None,
        deployment_id=deployment_id,
    )


def _short(text: str) -> str:
    # as Liquibase does for what does not fit its column
    return text if len(text) <= 250 else text[:247] + "..."
