"""Takes a database as it is: records changesets as run, tags, and forgets checksums, without running anything."""

from collections.abc import Callable

from data_platform.schema.changeset import Changelog
from data_platform.schema.database import Database
from data_platform.schema.deploy import new_deployment_id, ourselves
from data_platform.schema.errors import SchemaError
from data_platform.schema.expressions import Selection
from data_platform.schema.history import Ran
from data_platform.schema.prepared import checked_plan
from data_platform.schema.step import Step
from data_platform.schema.writes import DropNote, Insert, SetChecksum, SetTag, Write, row_of

Tell = Callable[[str], None]


def baseline(
    database: Database,
    changelog: Changelog,
    selection: Selection,
    *,
    only_next: bool = False,
    wait_seconds: float = 300.0,
    tell: Tell = lambda _: None,
) -> list[Step]:
    """Record what has not run as if it had.

    Args:
        only_next: the first such changeset only.

    Returns:
        What was recorded.

    Raises:
        ValidationError: a changeset was edited, or is there twice.
        LockError: somebody else holds the lock.
    """
    steps = unrecorded(database, changelog, selection, only_next=only_next)
    if not steps:
        return []
    with database.lock(wait_seconds, tell):
        steps = unrecorded(database, changelog, selection, only_next=only_next)
        database.write(baseline_writes(database, steps))
    return steps


def unrecorded(
    database: Database, changelog: Changelog, selection: Selection, *, only_next: bool = False
) -> list[Step]:
    """The steps of a deploy whose changesets have no row."""
    steps = [
        step for step in checked_plan(database, database.history(), changelog, selection).to_run if step.ran is None
    ]
    return steps[:1] if only_next else steps


def baseline_writes(database: Database, steps: list[Step]) -> list[Write]:
    """The rows that say these ran."""
    last = max((row.order for row in database.history().rows), default=0)
    deployment_id, liquibase = new_deployment_id(), ourselves()
    writes: list[Write] = [
        Insert(
            row_of(step.changeset, order=order, exectype="EXECUTED", liquibase=liquibase, deployment_id=deployment_id)
        )
        for order, step in enumerate(steps, last + 1)
    ]
    interrupted = {identity for identity, note in database.notes().items() if note.progress}
    # somebody finished it by hand
    return writes + [DropNote(id_) for step in steps if (id_ := step.changeset.identity) in interrupted]


def tag(database: Database, name: str, *, wait_seconds: float = 300.0, tell: Tell = lambda _: None) -> Ran:
    """Put a tag on the last changeset that ran.

    Raises:
        SchemaError: nothing ran here yet.
        LockError: somebody else holds the lock.
    """
    with_rows = bool(database.history().rows)
    if not with_rows:
        raise SchemaError(
            "nothing was deployed here yet, so there is nothing to tag", where=database.where, anchor="rollback"
        )
    with database.lock(wait_seconds, tell):
        last = max(database.history().rows, key=lambda row: row.order)
        database.write([SetTag(last, name)])
    return last


def clear_checksums(database: Database, *, wait_seconds: float = 300.0, tell: Tell = lambda _: None) -> int:
    """Forget all checksums: the next deploy takes every changeset's text as it is then.

    Returns:
        How many rows had one.
    """
    if not any(row.checksum for row in database.history().rows):
        return 0
    with database.lock(wait_seconds, tell):
        rows = [row for row in database.history().rows if row.checksum]
        database.write([SetChecksum(row.identity, None) for row in rows])
    return len(rows)
