"""What a database remembers of its deploys: the rows of `databasechangelog`."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from data_platform.schema.changeset import Changeset, Identity
from data_platform.schema.paths import normalized


class Ran(NamedTuple):
    """One row: a changeset that was executed here, or marked as such.

    Args:
        identity: with the file exactly as stored, which updates of the row need.
        checksum: as stored, e.g. `9:63eb…`; None after the sums were cleared.
        order: `orderexecuted`, increasing.
        exectype: EXECUTED, RERAN, MARK_RAN (as Liquibase writes them; also FAILED and SKIPPED in old histories).
        executed_at: the database's clock, without a time zone.
    """

    identity: Identity
    checksum: str | None
    order: int
    exectype: str
    executed_at: datetime
    description: str | None = None
    comments: str | None = None
    tag: str | None = None
    liquibase: str | None = None
    contexts: str | None = None
    labels: str | None = None
    deployment_id: str | None = None


class History:
    """The rows of one database, found by changeset.

    Args:
        rows: in the order in which they were executed.
    """

    def __init__(self, rows: Iterable[Ran]) -> None:
        self.rows = tuple(rows)
        self._by_key = {_key(row.identity): row for row in self.rows}

    def of(self, changeset: Changeset) -> Ran | None:
        """The changeset's row, also one under the file name that another Liquibase gave it."""
        row = self._by_key.get(_key(changeset.identity))
        if row is None and changeset.other_file:
            identity = changeset.identity
            row = self._by_key.get(_key(Identity(changeset.other_file, identity.id, identity.author)))
        return row

    def unknown_to(self, changesets: Iterable[Changeset]) -> list[Ran]:
        """Rows that none of these changesets has: removed from the changelog, or of another one."""
        known = {row.identity for changeset in changesets if (row := self.of(changeset))}
        return [row for row in self.rows if row.identity not in known]


def _key(identity: Identity) -> tuple[str, str, str]:
    return normalized(identity.file), identity.id, identity.author
