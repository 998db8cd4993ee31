"""The vocabulary of a changelog: changesets and what they consist of.

All of it is immutable and comes out of `load_changelog()`, with properties expanded. Names follow Liquibase's.
"""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from data_platform.schema.changes import Change, Sql, TagDatabase
from data_platform.schema.checksum import CURRENT_VERSION, checksum_8, checksum_9, content_hash
from data_platform.schema.precondition import Preconditions


class Identity(NamedTuple):
    """What tells one changeset from all others: the same three as in `databasechangelog`."""

    file: str
    id: str
    author: str

    def __str__(self) -> str:
        return f"{self.file}::{self.id}::{self.author}"


class Rollback(NamedTuple):
    """How to undo a changeset: SQL, nothing at all, or what another changeset did.

    Args:
        changes: SQL to run, in this order; empty when there is nothing to do or `reference` is set.
        reference: the changeset whose own changes are run instead.
    """

    changes: tuple[Sql, ...] = ()
    reference: Identity | None = None


@dataclass(frozen=True)
class Changeset:
    """One unit of change: runs as a whole and is recorded once.

    Args:
        identity: id, author and the file as recorded (`logicalFilePath` where one is given).
        changes: what it does, in order; formatted SQL has exactly one.
        source: the real file, for messages.
        line: 1-based line of its `--changeset`.
        other_file: a second name under which the history may know it (a header's `logicalFilePath`, which Liquibase
            4 records and 5 ignores), or None.
        contexts: the context expression as recorded, e.g. `(dev or prod)`; None without one.
        labels: lower-cased.
        dbms: as written, lower-cased; `!` negates; empty means all.
        valid_checksums: sums (`9:…`, or `ANY`) accepted beside the current one.
        rollback: how to undo it; None when the author gave nothing.
        old_changes: the changes as Liquibase before 4.5 read them, when that was different: it took a rollback in a
            block comment for SQL. Only checksums of version 8 can tell.
        allowed: lint findings its author consents to, each with a reason (`--allow destructive: reason`).
    """

    identity: Identity
    changes: tuple[Change, ...]
    source: Path
    line: int
    other_file: str | None = None
    run_on_change: bool = False
    run_always: bool = False
    run_in_transaction: bool = True
    fail_on_error: bool = True
    ignore: bool = False
    run_order: str | None = None
    contexts: str | None = None
    labels: tuple[str, ...] = ()
    dbms: tuple[str, ...] = ()
    valid_checksums: tuple[str, ...] = ()
    comment: str = ""
    rollback: Rollback | None = None
    preconditions: Preconditions | None = None
    run_with: str | None = None
    old_changes: tuple[Change, ...] | None = None
    allowed: dict[str, str] = field(default_factory=dict)

    @cached_property
    def checksum(self) -> str:
        """Its checksum, version 9."""
        return checksum_9(self.changes)

    def checksums(self, version: int) -> list[str]:
        """Its checksums in a version, the usual one first; none in a version newer than is known."""
        if version == CURRENT_VERSION:
            return [self.checksum]
        ways = [self.changes, self.old_changes] if self.old_changes else [self.changes]
        return [checksum_8(changes, version) for changes in ways] if 0 < version < CURRENT_VERSION else []

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of its changes' exact text: unlike the checksum it sees blanks inside literals."""
        return content_hash(self.changes)

    @property
    def description(self) -> str:
        """What `databasechangelog` says it is: `sql`, `tagDatabase`, `empty`; joined with `; ` when it is several."""
        return "; ".join(map(_described, self.changes)) or "empty"


def _described(change: Change) -> str:
    if isinstance(change, Sql):
        return f"sqlFile path={change.path}" if change.path else "sql"
    return "tagDatabase" if isinstance(change, TagDatabase) else "empty"


class Notice(NamedTuple):
    """Something Liquibase passes over in silence and we say aloud."""

    what: str
    source: Path
    line: int

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {self.what}"


@dataclass(frozen=True)
class Changelog:
    """All changesets in the order in which they run, and what was noticed while they were read."""

    changesets: tuple[Changeset, ...]
    notices: tuple[Notice, ...] = ()
