"""Deploys a changelog to a database."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from data_platform.schema.attempt import attempt
from data_platform.schema.changeset import Changelog, Identity
from data_platform.schema.database import Database
from data_platform.schema.events import Event, Kind
from data_platform.schema.execution import Execution
from data_platform.schema.expressions import Selection
from data_platform.schema.history import History
from data_platform.schema.notes import Note, edited_in_blanks
from data_platform.schema.outcome import Outcome
from data_platform.schema.plan import Plan
from data_platform.schema.prepared import Prepared, checked_plan
from data_platform.schema.step import Step
from data_platform.schema.writes import SetChecksum


def _ignore(event: Event) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Options:
    """How to deploy.

    Args:
        wait_seconds: how long to wait for somebody else's lock; 0 does not wait.
        tell: is given each event as it happens.
        fence: is called before each changeset, and raises when this deploy must not go on.
    """

    wait_seconds: float = 300.0
    tell: Callable[[Event], None] = _ignore
    fence: Callable[[], None] | None = None


def deploy(
    database: Database,
    changelog: Changelog | Callable[[], Changelog],
    selection: Selection,
    options: Options | None = None,
) -> Outcome:
    """Run what has not run yet, each changeset in its transaction, and record it.

    Nothing is written when anything is wrong with the changelog. When there is nothing to do, nothing is written, no
    table is made and no lock is taken.

    Args:
        changelog: what is to be there, or what reads it.
        selection: contexts and labels; its database is this one, whatever it says.

    Raises:
        ChangelogError: the changelog is wrong.
        ValidationError: a changeset was edited after it ran, is there twice, or cannot be recorded.
        LockError: somebody else holds the lock.
        ChangesetError: a changeset failed, or its precondition says HALT; those before it stay.
        DatabaseError: the database refused something, or is lost.
    """
    options = options or Options()
    changelog = changelog() if callable(changelog) else changelog
    selection = replace(selection, dbms=database.dbms)
    prepared = Prepared(database.dbms)
    plan = checked_plan(database, database.history(), changelog, selection, prepared)
    if plan.to_run or plan.to_upgrade:

        def tell(line: str) -> None:
            options.tell(Event(Kind.WAITING if line.startswith("waiting") else Kind.NOTICE, line))

        with database.lock(options.wait_seconds, tell):
            # somebody else may have deployed meanwhile
            history = database.history()
            plan = checked_plan(database, history, changelog, selection, prepared)
            if plan.to_run or plan.to_upgrade:
                return _run(database, prepared, history, plan, options)
    warn_of_blanks(plan, database.notes(), options.tell)
    return Outcome(plan)


def warn_of_blanks(plan: Plan, notes: Mapping[Identity, Note], tell: Callable[[Event], None]) -> None:
    """Tell of deployed changesets whose text is not what ran, though the checksum cannot tell."""
    for step in edited_in_blanks(plan, notes):
        text = "its text is not what ran here, though the checksum is: it differs in blanks, or in how it is split"
        tell(Event(Kind.WARNED, text, step))


def _run(database: Database, prepared: Prepared, history: History, plan: Plan, options: Options) -> Outcome:
    notes = database.notes()
    warn_of_blanks(plan, notes, options.tell)
    upgrades = plan.to_upgrade
    database.write([SetChecksum(step.ran.identity, step.new_checksum) for step in upgrades if step.ran])
    for step in upgrades:
        was = step.ran.checksum if step.ran else None
        options.tell(Event(Kind.UPGRADED, f"its checksum {was or '(none)'} is now {step.new_checksum}", step))
    execution = Execution(
        database=database,
        prepared=prepared,
        order=max((row.order for row in history.rows), default=0),
        notes=notes,
        deployment_id=new_deployment_id(),
        liquibase=ourselves(),
        tell=options.tell,
    )
    results = list[tuple[Step, Kind]]()
    for step in plan.to_run:
        if options.fence:
            options.fence()
        database.check_lock()
        results.append((step, attempt(execution, step)))

    def those(kind: Kind) -> tuple[Step, ...]:
        return tuple(step for step, result in results if result is kind)

    return Outcome(plan, those(Kind.RAN), those(Kind.MARKED), those(Kind.SKIPPED), execution.deployment_id)


def new_deployment_id() -> str:
    """The last 10 digits of the milliseconds since 1970, as Liquibase numbers deployments."""
    return str(time.time_ns() // 1_000_000)[-10:]


def ourselves() -> str:
    """What the history's column `liquibase` says of us; at most 20 characters."""
    from importlib.metadata import version

    return f"dp {version('data-platform')}"[:20]
