"""Bringing programs up in the order they need each other, and waiting until the code locations are there."""

import re
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from data_platform.processes.errors import ProcessesError, StoppedError
from data_platform.processes.folders import Folders
from data_platform.processes.keeper import Keeper, Kept, running_keeper
from data_platform.processes.programs import Program, next_to_start
from data_platform.processes.webserver import Location, code_locations

PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.05
_ENDS_BEFORE_GIVING_UP = 2
_RECONNECT_SECONDS = 30.0  # the webserver looks again for a code server it did not reach every 10 s
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
Tell = Callable[[str], None]


def bring_up(folders: Folders, keeper: Keeper, programs: Sequence[Program], tell: Tell) -> list[str]:
    """Start programs and wait until each does its work.

    Args:
        folders: of the platform.
        keeper: that knows these programs.
        programs: to start; those that run already are left alone.
        tell: called with a line for each program that is ready.

    Returns:
        Names of programs that were given up; none of them is required.

    Raises:
        ProcessesError: a required program does not run.
        StoppedError: somebody stopped the platform meanwhile.
    """
    began = time.monotonic()
    before = {name: kept.ends for name, kept in keeper.programs().items()}
    started: set[str] = set()
    ready: set[str] = set()
    failed: set[str] = set()
    while len(ready) + len(failed) < len(programs):
        for program in next_to_start(programs, started=started, ready=ready, failed=failed):
            keeper.start(program.name)
            started.add(program.name)
        known = _programs(folders, keeper)
        for program in programs:
            if program.name not in started or program.name in ready | failed:
                continue
            kept = known[program.name]
            if kept.alive and program.is_ready():
                ready.add(program.name)
                tell(f"{program.location or program.name} is up")
            elif _hopeless(kept, before[program.name], time.monotonic() - began):
                failed.add(program.name)
                _give_up(folders, program, tell)
        time.sleep(_POLL_SECONDS)
    return sorted(failed)


def wait_for_locations(address: str, root: Path, names: Collection[str]) -> dict[str, Location]:
    """Wait until the webserver has loaded the code locations, or knows why it cannot.

    Args:
        address: of the webserver, as in `http://127.0.0.1:3000`.
        root: the platform repository.
        names: locations whose code servers answer.
    """
    deadline = time.monotonic() + _RECONNECT_SECONDS
    while True:
        found = code_locations(address, root) or {}
        pending = [name for name in names if name not in found or found[name].state in {"loading", "unreachable"}]
        if not pending or time.monotonic() > deadline:
            return found
        time.sleep(_POLL_SECONDS * 4)


def last_line(path: Path) -> str:
    """The last line of a log that says something, without colours."""
    try:
        lines = path.read_text(errors="replace")[-20_000:].strip().splitlines()
    except OSError:
        return ""
    return _COLOURS.sub("", lines[-1]).strip() if lines else ""


def _programs(folders: Folders, keeper: Keeper) -> dict[str, Kept]:
    try:
        return keeper.programs()
    except ProcessesError:
        if running_keeper(folders) is None:
            raise StoppedError("the platform was stopped while it was starting", anchor="processes") from None
        raise


def _hopeless(kept: Kept, ends_before: int, seconds: float) -> bool:
    return kept.state == "FATAL" or kept.ends - ends_before >= _ENDS_BEFORE_GIVING_UP or seconds > PATIENCE_SECONDS


def _give_up(folders: Folders, program: Program, tell: Tell) -> None:
    log = folders.log(program.name)
    said = last_line(log)
    what = f"{program.location or program.name} does not start{f': {said}' if said else ''}"
    if program.required:
        raise ProcessesError(what, where=log, fix="read the log; then `dp up` again", anchor="processes")
    tell(f"{what} (see {log})")
