"""What waiting runs say: who holds the queue, why, and until when. Written to its events and tags, once a hold."""

from collections.abc import Iterable
from typing import Any

from dagster import DagsterInstance, DagsterRun, MetadataValue
from sqlalchemy import text
from sqlalchemy.engine import Connection

from data_platform.gate.admission import HELD_TAG, held_by
from data_platform.gate.hold import Hold, Phase
from data_platform.gate.holds import Holds
from data_platform.gate.instance import location_of
from data_platform.gate.private import EngineEventData


def sentence(hold: Hold) -> str:
    """Why a run waits, in one line."""
    since = f"{hold.held_since:%H:%M} UTC" if hold.held_since else "now"
    if hold.phase == Phase.APPLYING or hold.deployment:
        until = "until what is being done is finished"
    else:
        until = f"until {hold.expires_at:%Y-%m-%d %H:%M} UTC at the latest"
    link = f" See {hold.link}" if hold.link else ""
    return (
        f"This run waits: {hold.owner} holds {hold.scope.shown} since {since}, {until}."
        f" Reason: {hold.reason}. It starts by itself afterwards (hold {hold.id}).{link}"
    )


def tell(instance: DagsterInstance, holds: Holds, run: DagsterRun, hold: Hold) -> bool:
    """Write to a run why it waits; False if it was told before."""

    def work(connection: Connection) -> bool:
        first = connection.execute(
            text("INSERT INTO platform.hold_told (hold, run_id) VALUES (:hold, :run) ON CONFLICT DO NOTHING"),
            {"hold": hold.id, "run": run.run_id},
        )
        if first.rowcount:
            instance.report_engine_event(sentence(hold), run, EngineEventData(metadata=_metadata(hold)))
            instance.add_run_tags(run.run_id, {HELD_TAG: held_by(hold)})
        return bool(first.rowcount)

    return holds.together(work)


def tell_waiting(instance: DagsterInstance, holds: Holds, taken: Iterable[Hold]) -> int:
    """Write to the runs that were in the queue when holds were taken. Safe to repeat.

    A run that is submitted meanwhile is told by whoever submits it: it is in the queue before that looks for holds, and
    the hold is there before this looks for runs.

    Returns:
        How many runs were told.
    """
    told = 0
    for hold in taken:
        for run_id in holds.waiting(hold.scope):
            run = instance.get_run_by_id(run_id)
            if run is not None and hold.scope.covers(location_of(run)):
                told += tell(instance, holds, run, hold)
    return told


def _metadata(hold: Hold) -> dict[str, Any]:
    known = {"hold": MetadataValue.int(hold.id), "held by": hold.owner, "reason": hold.reason}
    return known | ({"link": MetadataValue.url(hold.link)} if hold.link else {})
