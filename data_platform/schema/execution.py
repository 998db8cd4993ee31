"""Runs one changeset, and records that."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from data_platform.schema.changeset import Identity
from data_platform.schema.database import Database
from data_platform.schema.errors import StatementError
from data_platform.schema.events import Event, Kind
from data_platform.schema.notes import Note, Progress, prefix_hashes
from data_platform.schema.prepared import Prepared
from data_platform.schema.resume import Resumption, resumption
from data_platform.schema.statements import Statement
from data_platform.schema.step import Step
from data_platform.schema.writes import Insert, PutNote, Update, Write, row_of


@dataclass
class Execution:
    """The running part of one deploy.

    Args:
        order: `orderexecuted` of the last row there is.
        notes: what the side table says.
        deployment_id: last 10 digits of the deploy's begin, in milliseconds.
        liquibase: what the column of this name says of us; at most 20 characters.
    """

    database: Database
    prepared: Prepared
    order: int
    notes: Mapping[Identity, Note]
    deployment_id: str
    liquibase: str
    tell: Callable[[Event], None]

    def run(self, step: Step) -> None:
        """Run a changeset and record it.

        Raises:
            StatementError: a statement failed; nothing of it stays, or how far it came is noted.
            DatabaseError: the database is lost.
            ChangesetError: an interrupted changeset cannot go on.
        """
        began = time.monotonic()
        changeset = step.changeset
        statements = self.prepared.of(changeset)
        note = self.notes.get(changeset.identity)
        start = resumption(changeset, statements, note.progress if note else None, self.database.dbms)
        if start.done:
            self.tell(Event(Kind.RESUMED, f"goes on after statement {start.done} of {len(statements)}", step))
        elif start.undo:
            self.tell(Event(Kind.RESUMED, "an earlier try is rolled back, then it begins anew", step))
        if changeset.run_in_transaction and not start.undo and self.database.atomic(statements):
            notices = self.database.run(statements[start.done :], self._record(step, step.exectype))
        else:
            notices = self._run_apart(step, statements, start)
        self.order += 1
        self.tell(Event(Kind.RAN, "", step, time.monotonic() - began, tuple(notices)))

    def mark_ran(self, step: Step) -> None:
        """Record a changeset as run without running it."""
        self.database.write(self._record(step, "MARK_RAN"))
        self.order += 1

    def _run_apart(self, step: Step, statements: list[Statement], start: Resumption) -> list[str]:
        """Each statement by itself, with a note of how far it came."""
        database, notices = self.database, list[str]()
        for statement in start.undo:
            notices += database.run_alone(statement)
        hashes = prefix_hashes(statements)
        noted = step.changeset.identity in self.notes

        def progress(done: int, error: str | None = None) -> list[Write]:
            nonlocal noted
            if not database.keeps_notes:
                return []
            how_far = Progress(done, len(statements), hashes[done], error)
            write = PutNote(Note(step.changeset.identity, None, how_far), replaces=noted)
            noted = True
            return [write]

        if len(statements) > 1 or not step.changeset.run_in_transaction:
            database.write(progress(start.done))
        for done, statement in enumerate(statements[start.done :], start.done):
            last = done + 1 == len(statements)
            writes = self._record(step, step.exectype, noted=noted) if last else progress(done + 1)
            if start.in_doubt and done == start.done and database.recovered(statement, failed=start.failed):
                database.write(writes)
                continue
            try:
                notices += database.run_alone(statement, writes)
            except StatementError as error:
                database.write(progress(done, error.what))
                raise
        if not statements[start.done :]:
            database.write(self._record(step, step.exectype, noted=noted))
        return notices

    def _record(self, step: Step, exectype: str, *, noted: bool | None = None) -> list[Write]:
        changeset = step.changeset
        row = row_of(
            changeset,
            order=self.order + 1,
            exectype=exectype,
            liquibase=self.liquibase,
            deployment_id=self.deployment_id,
        )
        writes: list[Write] = [Update(step.ran.identity, row) if step.ran else Insert(row)]
        if self.database.keeps_notes:
            known = changeset.identity in self.notes if noted is None else noted
            writes.append(PutNote(Note(changeset.identity, changeset.content_hash), replaces=known))
        return writes
