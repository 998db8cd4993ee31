"""A plug-in of supervisord that ends code servers whose inner process died. Runs inside supervisord.

A code server of Dagster is two processes: the one that the keeper starts and watches, and one that this one starts to
hold the unit's code. When the second dies, the first answers every call with an error and never starts another. It
holds nothing but the socket, and the runs of a code server are processes of their own: so it is killed, the keeper
starts a new one, and runs in flight are not disturbed.
"""

import os
import signal
from contextlib import suppress
from typing import Any

import psutil
from supervisor import events, states

from data_platform.processes.plan import CODE_SERVER_PREFIX


class HollowServers:
    """Looks at the code servers every five seconds.

    Args:
        supervisord: the running supervisord.
    """

    def __init__(self, supervisord: Any) -> None:
        self._supervisord = supervisord
        self._had_inner: set[int] = set()
        events.subscribe(events.Tick5Event, self._look)

    def _look(self, _event: Any) -> None:
        servers = self._servers()
        parents = _parents()
        # one that is still starting has no inner process yet
        for pid in self._had_inner & servers.keys() - parents:
            self._supervisord.options.logger.warn(f"{servers[pid]}: its inner process died; starting it anew")
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._had_inner = servers.keys() & parents

    def _servers(self) -> dict[int, str]:
        found = {}
        for group in self._supervisord.process_groups.values():
            for name, process in group.processes.items():
                running = process.get_state() in {states.ProcessStates.STARTING, states.ProcessStates.RUNNING}
                if running and process.pid and name.startswith(CODE_SERVER_PREFIX):
                    found[process.pid] = name
        return found


def _parents() -> set[int]:
    """Numbers of the processes that have a living child."""
    found = psutil.process_iter(["ppid", "status"])
    return {each.info["ppid"] for each in found if each.info["status"] != psutil.STATUS_ZOMBIE}
