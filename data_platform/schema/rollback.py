"""Takes changesets back, newest first: runs their rollbacks and deletes their rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from data_platform.schema.changeset import Changelog
from data_platform.schema.database import Database
from data_platform.schema.errors import ChangesetError, StatementError
from data_platform.schema.rollback_plan import Undo, Until, plan_rollback
from data_platform.schema.statements import Statement, split
from data_platform.schema.writes import Delete, DropNote, Write


@dataclass(frozen=True, slots=True)
class RollbackOptions:
    """How to roll back.

    Args:
        wait_seconds: how long to wait for somebody else's lock; 0 does not wait.
        tell: is given a line for each changeset, and while it waits.
        fence: is called before each changeset, and raises when this rollback must not go on.
    """

    wait_seconds: float = 300.0
    tell: Callable[[str], None] = lambda _: None
    fence: Callable[[], None] | None = None


def rollback(
    database: Database, changelog: Changelog, until: Until, options: RollbackOptions | None = None
) -> list[Undo]:
    """Roll back.

    Raises:
        SchemaError: the tag is unknown, or a changeset cannot be undone; nothing was.
        LockError: somebody else holds the lock.
        ChangesetError: a rollback failed; what was rolled back before stays so.
    """
    options = options or RollbackOptions()
    if not plan_rollback(changelog, database.history(), until):
        return []
    undone = []
    with database.lock(options.wait_seconds, options.tell):
        # somebody else may have deployed meanwhile
        for undo in plan_rollback(changelog, database.history(), until):
            if options.fence:
                options.fence()
            database.check_lock()
            _undo(database, undo)
            options.tell(f"rolled back {undo.changeset.identity}")
            undone.append(undo)
    return undone


def statements_of(undo: Undo, dbms: str) -> list[Statement]:
    """What undoing a changeset sends to a database of this kind."""
    return [
        statement
        for change in undo.changes
        if not change.dbms or dbms in change.dbms
        for statement in split(change, undo.changeset.source, dbms)
    ]


def writes_of(database: Database, undo: Undo) -> list[Write]:
    """What it writes to the history."""
    writes: list[Write] = [Delete(undo.ran.identity)]
    return [*writes, DropNote(undo.changeset.identity)] if database.keeps_notes else writes


def _undo(database: Database, undo: Undo) -> None:
    statements = statements_of(undo, database.dbms)
    writes = writes_of(database, undo)
    try:
        if undo.changeset.run_in_transaction and database.atomic(statements):
            database.run(statements, writes)
        else:
            _run_apart(database, statements, writes)
    except StatementError as error:
        raise ChangesetError(
            f"the rollback of {undo.changeset.identity} failed: {error.what}",
            where=undo.changeset.source,
            line=error.statement.line_at(error.position),
            fix="correct its rollback; the changesets after it are rolled back, this one is not",
            anchor="rollback",
        ) from None


def _run_apart(database: Database, statements: Sequence[Statement], writes: Sequence[Write]) -> None:
    for statement in statements[:-1]:
        database.run_alone(statement)
    if statements:
        database.run_alone(statements[-1], writes)
    else:
        database.write(writes)
