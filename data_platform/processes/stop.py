"""Stopping the platform in order: webserver and daemon, then code servers, then the database."""

import os
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress

from data_platform.instance.embedded import EmbeddedPostgres
from data_platform.processes.errors import ProcessesError
from data_platform.processes.folders import Folders
from data_platform.processes.keeper import Keeper, running_keeper
from data_platform.processes.lock import alone
from data_platform.processes.ours import OurProcess, of_programs, our_processes
from data_platform.processes.record import read_record

GRACE_SECONDS = 30.0
_LOCK_SECONDS = 120.0
_PROGRAM_SECONDS = 15.0
_LAST_SECONDS = 5.0
_POLL_SECONDS = 0.1
Tell = Callable[[str], None]


def stop(folders: Folders, *, grace: float = GRACE_SECONDS, tell: Tell, hurry: threading.Event | None = None) -> bool:
    """Stop the platform, whatever is left of it, also while another command is starting it.

    Args:
        folders: of the platform.
        grace: how long running work may take to finish, in seconds; then it is interrupted.
        tell: called with a line about what happens.
        hurry: set it to end the waiting for running work.

    Returns:
        Whether anything was running.

    Raises:
        ProcessesError: another command keeps starting or stopping the platform.
    """
    stopped = folders.run.exists() and _stop(folders, grace=grace, tell=tell, hurry=hurry)
    EmbeddedPostgres(folders.state).stop_abandoned()
    return stopped


def _stop(folders: Folders, *, grace: float, tell: Tell, hurry: threading.Event | None) -> bool:
    interrupted: list[int] = []

    def interrupt(holder: int | None) -> None:
        # a command that is starting the platform stops what it started; one that is stopping it takes no notice
        if holder:
            tell(f"another dp command is busy with the platform (PID {holder}); it is told to stop")
            interrupted.append(holder)
            os.kill(holder, signal.SIGTERM)

    with alone(folders, seconds=_LOCK_SECONDS, waiting=interrupt):
        return stop_all(folders, grace=grace, tell=tell, hurry=hurry) or bool(interrupted)


def stop_all(
    folders: Folders, *, grace: float = GRACE_SECONDS, tell: Tell, hurry: threading.Event | None = None
) -> bool:
    """Stop everything; the caller holds the lock. Arguments and result as of `stop`."""
    keeper = running_keeper(folders)
    if keeper is None and not our_processes(folders):
        folders.record.unlink(missing_ok=True)
        return False
    hurry = hurry or threading.Event()
    record = read_record(folders)
    programs = record.programs if record else ()
    for stage in sorted({program.stage for program in programs}, reverse=True):
        signals = {program.name: program.stop_signal for program in programs if program.stage == stage}
        told = _tell_keeper(keeper, signals)

        def remaining(names: Collection[str] = signals.keys()) -> list[OurProcess]:
            return of_programs(our_processes(folders), names)

        works = any(program.finishes_work for program in programs if program.stage == stage)
        if works and any(item.executes_run for item in remaining()):
            tell(f"waiting up to {grace:.0f} s for running work to finish; Ctrl-C interrupts it")
        _end(remaining, signals, told, grace if works else _PROGRAM_SECONDS, hurry if works else None)
    if keeper is not None:
        with suppress(ProcessesError):
            keeper.shut_down()
    # the keeper; without a record also everything it keeps, which it stops in order
    patience = _PROGRAM_SECONDS if programs else grace + _PROGRAM_SECONDS
    _end(lambda: our_processes(folders), {}, set(), patience, None)
    folders.record.unlink(missing_ok=True)
    return True


def _tell_keeper(keeper: Keeper | None, names: Iterable[str]) -> set[int | None]:
    """Have programs stopped; returns the processes that were told."""
    if keeper is None:
        return set()
    try:
        known = keeper.programs()
        for name in names:
            if name in known:
                keeper.stop(name)
    except ProcessesError:  # it has just gone
        return set()
    return {known[name].pid for name in names if name in known}


def _end(
    remaining: Callable[[], Sequence[OurProcess]],
    signals: Mapping[str, str],
    told: set[int | None],
    patience: float,
    hurry: threading.Event | None,
) -> None:
    """Wait until processes have ended; after some time interrupt, then kill those that have not.

    Args:
        remaining: the processes that live now.
        signals: what asks a program to end; TERM where it is not named.
        told: processes that were asked already. The others are asked as soon as nobody is left who would do so: their
            keeper, or the process that started them, is gone.
        patience: how long they may take, in seconds.
        hurry: set it to end that waiting.
    """
    deadline = time.monotonic() + patience
    while living := remaining():
        numbers = {item.process.pid for item in living}
        for item in living:
            if item.process.pid not in told and item.parent not in numbers:
                item.send(signals.get(item.program or "", "TERM"))
                told.add(item.process.pid)
        if time.monotonic() > deadline or (hurry and hurry.is_set()):
            break
        time.sleep(_POLL_SECONDS)
    for name in ("TERM", "KILL"):
        for item in remaining():
            item.send(name)
        deadline = time.monotonic() + _LAST_SECONDS
        while remaining() and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
