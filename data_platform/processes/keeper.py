"""The process keeper: supervisord, spoken to over its Unix socket."""

import http.client
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from data_platform.processes.errors import ProcessesError
from data_platform.processes.folders import Folders
from data_platform.processes.unix_rpc import UnixTransport

_SECONDS = 10.0
_ALREADY_STARTED, _NOT_RUNNING, _BAD_NAME, _STILL_RUNNING = 60, 70, 10, 91


@dataclass(frozen=True)
class Kept:
    """What the keeper knows about a program.

    Attributes:
        name: of the program.
        state: supervisord's: STOPPED, STARTING, RUNNING, BACKOFF, STOPPING, EXITED, FATAL.
        pid: of its process, or None.
        started: when that process started, in seconds since 1970.
        ends: how often a process of this program ended by itself.
        last_end: when that happened last, in seconds since 1970.
    """

    name: str
    state: str
    pid: int | None
    started: float
    ends: int = 0
    last_end: float | None = None

    @property
    def alive(self) -> bool:
        """Whether it has a process."""
        return self.pid is not None


class Keeper:
    """A running keeper.

    Every method raises ProcessesError when it does not answer (any more).
    """

    def __init__(self, folders: Folders) -> None:
        self._server = cast(
            Any, xmlrpc.client.ServerProxy("http://keeper", transport=UnixTransport(folders.keeper_socket))
        )

    @property
    def pid(self) -> int:
        """The process number of the keeper itself."""
        return int(self._call("supervisor.getPID"))

    def programs(self) -> dict[str, Kept]:
        """All programs, by name."""
        ends = self._call("restarts.ends")
        found = {}
        for info in self._call("supervisor.getAllProcessInfo"):
            name = info["name"]
            end = ends.get(name, {"count": 0, "last": None})
            found[name] = Kept(
                name, info["statename"], info["pid"] or None, float(info["start"]), end["count"], end["last"]
            )
        return found

    def start(self, name: str) -> None:
        """Start a program, unless it runs; does not wait for it."""
        self._call("supervisor.startProcess", name, False, ignored=(_ALREADY_STARTED,))

    def stop(self, name: str) -> None:
        """Ask a program to end, unless it is not running; does not wait for it."""
        self._call("supervisor.stopProcess", name, False, ignored=(_NOT_RUNNING,))

    def read_config(self) -> list[str]:
        """Read the configuration anew: new programs are known afterwards, though not started.

        Returns:
            Names of programs that are no longer in it; `forget` them when they have stopped.
        """
        [[added, _, removed]] = self._call("supervisor.reloadConfig")
        for name in added:
            self._call("supervisor.addProcessGroup", name)
        return list(removed)

    def forget(self, name: str) -> bool:
        """Forget a program that has stopped; false while it still runs."""
        return bool(self._call("supervisor.removeProcessGroup", name, ignored=(_STILL_RUNNING, _BAD_NAME)))

    def shut_down(self) -> None:
        """Ask the keeper to end; it stops what still runs."""
        self._call("supervisor.shutdown")

    def _call(self, method: str, *arguments: object, ignored: tuple[int, ...] = ()) -> Any:
        try:
            return getattr(self._server, method)(*arguments)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode in ignored:
                return None
            raise ProcessesError(
                f"the process keeper refused {method}: {fault.faultString}", anchor="processes"
            ) from None
        except (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError) as error:
            raise ProcessesError(
                f"the process keeper does not answer ({error})", fix="`dp down`, then `dp up`", anchor="processes"
            ) from None


def running_keeper(folders: Folders) -> Keeper | None:
    """The keeper of this platform, if it runs and is not about to end."""
    keeper = Keeper(folders)
    try:
        return keeper if keeper.pid else None
    except ProcessesError:
        return None


def start_keeper(folders: Folders, environment: Mapping[str, str], directory: Path) -> Keeper:
    """Start the keeper with the configuration in `folders.keeper_config`, apart from this command's terminal.

    Raises:
        ProcessesError: it does not start.
    """
    log = folders.log("keeper-start")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "--configuration", str(folders.keeper_config)],
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + _SECONDS
    while (keeper := running_keeper(folders)) is None:
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise _not_started(log)
        time.sleep(0.02)
    return keeper


def _not_started(log: Path) -> ProcessesError:
    lines = log.read_text(errors="replace").strip().splitlines() or ["it gave no reason"]
    said = next((line for line in reversed(lines) if line.startswith("Error")), lines[-1])
    return ProcessesError(f"the process keeper did not start: {said}", where=log, anchor="processes")
