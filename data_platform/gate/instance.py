"""The gate of a Dagster instance: its holds, and what a run can claim before them."""

from dagster import DagsterInstance, DagsterRun
from sqlalchemy import text
from sqlalchemy.engine import Connection

from data_platform.gate import exemptions, runs
from data_platform.gate.admission import (
    GATE_TAG,
    HELD_TAG,
    LOCATION_TAG,
    NO_LOCATION,
    Claims,
    held_by,
    parents_named,
    stopping,
)
from data_platform.gate.errors import GateError, ScopeBusyError
from data_platform.gate.hold import Hold, live_hold
from data_platform.gate.holds import Holds
from data_platform.gate.private import serialize_value
from data_platform.instance.connections import Database


def holds_of(instance: DagsterInstance) -> Holds:
    """The holds that are kept in an instance's own database.

    Raises:
        GateError: the instance keeps its runs elsewhere.
    """
    database = getattr(instance.run_storage, "database", None)
    if not isinstance(database, Database):
        raise GateError(
            "the gate needs the platform's storage, since holds are kept with the runs",
            where="dagster.yaml",
            fix="set storage to data_platform.instance.storage.PooledPostgresStorage",
            anchor="holds",
        )
    return Holds(database)


def refuse_overriding_settings(instance: DagsterInstance) -> None:
    """Make sure that nothing overrides the limits of the run coordinator.

    Raises:
        GateError: `concurrency.runs` is set, with which Dagster would silently ignore every hold.
    """
    if instance.get_settings("concurrency").get("runs"):
        raise GateError(
            "`concurrency.runs` is set, and would override every hold",
            where="dagster.yaml",
            fix="move its settings to run_coordinator.config",
            anchor="holds",
        )


def refuse_if_held(instance: DagsterInstance, location: str) -> None:
    """For what runs without the queue: make sure that its code location is not held.

    Raises:
        ScopeBusyError: it is.
    """
    moment = holds_of(instance).live()
    hold = live_hold(moment.holds, location, moment.now)
    if hold is not None:
        raise ScopeBusyError(
            f"{location} is not built now: {held_by(hold)}", fix="wait until it is released", anchor="holds"
        )


def location_of(run: DagsterRun) -> str:
    """A run's code location; `""` if it has none."""
    origin = run.remote_job_origin
    return run.tags.get(LOCATION_TAG) or (origin.location_name if origin else "") or ""


def gate_tags(run: DagsterRun) -> dict[str, str]:
    """The tag by which a queued run waits for holds. A note of an earlier hold that it inherited is taken off."""
    inherited = {HELD_TAG: "-"} if HELD_TAG in run.tags else {}
    return {GATE_TAG: location_of(run) or NO_LOCATION, **inherited}


def without_gate_tag(holds: Holds, run: DagsterRun) -> DagsterRun:
    """A run that waits for no hold, though it inherited the tag of one that does; Dagster takes no tag off a run."""
    if GATE_TAG not in run.tags:
        return run
    freed = run.with_tags({key: value for key, value in run.tags.items() if key != GATE_TAG})

    def work(connection: Connection) -> None:
        connection.execute(
            text("DELETE FROM run_tags WHERE run_id = :run AND key = :key"), {"run": run.run_id, "key": GATE_TAG}
        )
        connection.execute(
            text("UPDATE runs SET run_body = :body WHERE run_id = :run"),
            {"run": run.run_id, "body": serialize_value(freed)},
        )

    holds.together(work)
    return freed


def claims_of(holds: Holds, run: DagsterRun) -> Claims:
    """What a run can claim: that a hold's holder made it, or that a run in flight waits for it."""
    exempt = holds.read(lambda connection: exemptions.exempt_from(connection, run.run_id))
    named = parents_named(run.tags)
    parents = holds.read(lambda connection: runs.ancestors(connection, named)) if named else ()
    return Claims(exempt, parents)


def hold_on(holds: Holds, run: DagsterRun) -> Hold | None:
    """The hold that keeps a run waiting now; one query where nothing is held."""
    moment = holds.live()
    location = location_of(run)
    if stopping(moment.holds, location, Claims(), moment.now) is None:
        return None
    return stopping(moment.holds, location, claims_of(holds, run), moment.now)
