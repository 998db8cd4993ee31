"""Telling others what becomes of deployments, once each. What could not be told, a later command or the watch tells."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import text

from data_platform.deployments import rows
from data_platform.deployments.deployment import SILENCE, Deployment
from data_platform.deployments.phases import HARMLESS
from data_platform.errors import DataPlatformError
from data_platform.gate import Holds, ensure_tables
from data_platform.instance.connections import Database


class Event(StrEnum):
    """What becomes of a deployment."""

    STARTED = "started"
    FINISHED = "finished"
    NEEDS_A_PERSON = "needs_a_person"  # its rollback failed, or it was abandoned; its hold stays


@dataclass(frozen=True)
class Listener:
    """Who is told.

    Attributes:
        name: by which the database keeps what was told.
        tell: does it; whatever it raises means that it was not told.
    """

    name: str
    tell: Callable[[Event, Deployment], None]


_FUTILE_SECONDS = 5.0  # that a listener may take for telling it nothing
_LATELY = "seen_at > clock_timestamp() - interval '1 day'"  # nobody wants to be told of what is long settled
_CONDITIONS = {
    Event.FINISHED: "outcome IS NOT NULL",
    Event.NEEDS_A_PERSON: (
        "outcome = 'rollback_failed' OR (outcome IS NULL AND seen_at < clock_timestamp() - :silence"
        " AND phase <> ALL(:harmless))"
    ),
}
_UNTOLD = (
    "NOT EXISTS (SELECT FROM platform.deployment_told t WHERE t.deployment = d.id AND t.listener = :listener"
    " AND t.event = :event AND t.token = COALESCE(d.token, 0))"
)
_MARK = (
    "INSERT INTO platform.deployment_told (deployment, token, listener, event)"
    " VALUES (:deployment, :token, :listener, :event) ON CONFLICT DO NOTHING"
)


class Telling:
    """Tells listeners of deployments. One that fails changes nothing for the deployment, nor for other listeners.

    Args:
        database: where the ledger is.
        failed: is given a line for each thing that could not be told.
    """

    def __init__(self, database: Database, listeners: Sequence[Listener], failed: Callable[[str], None]) -> None:
        self.database, self.listeners, self.failed = database, listeners, failed

    def tell(self, event: Event, deployment: Deployment) -> None:
        """Tell all listeners of one event, unless they were told before."""
        for listener in self.listeners:
            self._tell(listener, event, deployment)

    def tell_untold(self) -> None:
        """Tell what became of deployments of the last day and was not told yet, oldest first."""
        for listener in self.listeners:
            for event in _CONDITIONS:
                try:
                    untold = self.untold(listener, event)
                except DataPlatformError as error:
                    self.failed(f"{listener.name} could not be told what became of deployments: {error}")
                    return
                given_up = time.monotonic() + _FUTILE_SECONDS
                for deployment in untold:
                    if not self._tell(listener, event, deployment) and time.monotonic() > given_up:
                        break  # it hears nothing now; whoever waits for this command need not wait for each

    def untold(self, listener: Listener, event: Event) -> list[Deployment]:
        """The deployments of which a listener must be told this, oldest first."""
        values: dict[str, Any] = {"listener": listener.name, "event": str(event)}
        if event is Event.NEEDS_A_PERSON:
            values |= {"silence": SILENCE, "harmless": [str(phase) for phase in HARMLESS]}
        condition = f"({_CONDITIONS[event]}) AND {_LATELY} AND {_UNTOLD}"
        return Holds(self.database).read(lambda connection: rows.select(connection, condition, **values)[::-1])

    def _tell(self, listener: Listener, event: Event, deployment: Deployment) -> bool:
        """Whether it was told, now or before."""
        try:
            self._once(listener, event, deployment)
        except Exception as error:  # whatever it is, the deployment is what it is
            words = str(event).replace("_", " ")
            why = (str(error).strip().splitlines() or [type(error).__name__])[0]
            self.failed(f"deployment {deployment.id}: {listener.name} could not be told that it {words}: {why}")
            return False
        return True

    def _once(self, listener: Listener, event: Event, deployment: Deployment) -> None:
        """The mark is kept when it was told, and only then. Who would tell the same meanwhile waits for that."""
        values = {
            "deployment": deployment.id,
            "token": deployment.token or 0,
            "listener": listener.name,
            "event": str(event),
        }
        ensure_tables(self.database)
        # what a listener writes to this database is kept with the mark, too
        with self.database.transaction() as connection:
            if connection.execute(text(_MARK), values).rowcount:
                listener.tell(event, deployment)
