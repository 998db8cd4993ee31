"""A plug-in of supervisord that counts how often each program ended by itself. Runs inside supervisord."""

import time
from typing import Any

from supervisor import events

from data_platform.processes.hollow import HollowServers


class Restarts:
    """The calls `restarts.*` of the keeper's XML-RPC interface."""

    def __init__(self) -> None:
        self._ends: dict[str, dict[str, float]] = {}
        for kind in (events.ProcessStateExitedEvent, events.ProcessStateBackoffEvent):
            events.subscribe(kind, self._ended)

    def _ended(self, event: Any) -> None:
        end = self._ends.setdefault(event.process.config.name, {"count": 0})
        end |= {"count": end["count"] + 1, "last": time.time()}

    def ends(self) -> dict[str, dict[str, float]]:
        """For each program that ended by itself: how often, and when last (seconds since 1970).

        @return struct ends
        """
        return self._ends


def make_interface(supervisord: Any, **settings: Any) -> Restarts:
    """What supervisord calls to make the interface, once."""
    HollowServers(supervisord)
    return Restarts()
