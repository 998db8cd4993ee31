"""Stopping the platform in order: webserver and daemon, then code servers, then the database."""

import os
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress

from data_platform.processes.errors import ProcessesError
from data_platform.processes.folders import Folders
from data_platform.processes.keeper import Keeper, running_keeper
from data_platform.processes.lock import alone
from data_platform.processes.ours import OurProcess, of_programs, our_processes
from data_platform.processes.record import RecordedProgram, read_record

GRACE_SECONDS = 30.0
_LOCK_SECONDS = 120.0
_PROGRAM_SECONDS = 15.0
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
    if not folders.run.exists():
        return False

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
    keeper, remaining = running_keeper(folders), our_processes(folders)
    if keeper is None and not remaining:
        folders.record.unlink(missing_ok=True)
        return False
    record = read_record(folders)
    programs = record.programs if record else ()
    for stage in sorted({program.stage for program in programs}, reverse=True):
        chosen = [program for program in programs if program.stage == stage]
        _stop_stage(folders, keeper, chosen, grace=grace, tell=tell, hurry=hurry or threading.Event())
    if keeper is not None:
        with suppress(ProcessesError):
            keeper.shut_down()
    elif not programs:
        for process in _roots(remaining, set()):
            process.send("TERM")
    _end(folders, None, _PROGRAM_SECONDS if programs else grace, hurry=None)
    folders.record.unlink(missing_ok=True)
    return True


def _stop_stage(
    folders: Folders,
    keeper: Keeper | None,
    programs: Sequence[RecordedProgram],
    *,
    grace: float,
    tell: Tell,
    hurry: threading.Event,
) -> None:
    signals = {program.name: program.stop_signal for program in programs}
    told = _tell_keeper(keeper, signals)
    for process in _roots(of_programs(our_processes(folders), signals), told):
        process.send(signals[str(process.program)])
    works = any(program.finishes_work for program in programs)
    if works and any(item.executes_run for item in of_programs(our_processes(folders), signals)):
        tell(f"waiting up to {grace:.0f} s for running work to finish; Ctrl-C interrupts it")
    _end(folders, signals, grace if works else _PROGRAM_SECONDS, hurry=hurry)


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


def _roots(processes: Sequence[OurProcess], told: set[int | None]) -> list[OurProcess]:
    """Processes that nobody tells to stop: the keeper, or the program that started them, is gone."""
    numbers = {item.process.pid for item in processes}
    return [item for item in processes if item.process.pid not in told and item.parent not in numbers]


def _end(folders: Folders, names: Collection[str] | None, seconds: float, *, hurry: threading.Event | None) -> None:
    """Wait until programs (None: everything) have ended; interrupt, then kill what has not."""
    for signal_name, patience in ((None, seconds), ("TERM", 5.0), ("KILL", 5.0)):
        if signal_name:
            for process in _chosen(folders, names):
                process.send(signal_name)
        if _wait(folders, names, patience, hurry if signal_name is None else None):
            return


def _wait(folders: Folders, names: Collection[str] | None, seconds: float, hurry: threading.Event | None) -> bool:
    deadline = time.monotonic() + seconds
    while _chosen(folders, names):
        if time.monotonic() > deadline or (hurry and hurry.is_set()):
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _chosen(folders: Folders, names: Collection[str] | None) -> list[OurProcess]:
    processes = our_processes(folders)
    return processes if names is None else of_programs(processes, names)
