"""Only one command at a time starts or stops the platform."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO

from data_platform.processes.errors import ProcessesError
from data_platform.processes.folders import Folders

_POLL_SECONDS = 0.1


@contextmanager
def alone(folders: Folders, *, seconds: float, waiting: Callable[[int | None], None]) -> Iterator[None]:
    """Hold the platform's lock; the kernel releases it when this process ends, however it ends.

    Args:
        folders: of the platform.
        seconds: how long to wait for the lock.
        waiting: called once if another process holds it, with that process's number if known.

    Raises:
        ProcessesError: it stays taken.
    """
    deadline, told = time.monotonic() + seconds, False
    with folders.lock.open("a+") as file:
        while not _taken(file):
            holder = _holder(file)
            if not told:
                waiting(holder)
                told = True
            if time.monotonic() > deadline:
                raise ProcessesError(
                    f"another dp command{f' (PID {holder})' if holder else ''} is starting or stopping the platform "
                    f"for more than {seconds:.0f} s",
                    where=folders.lock,
                    fix="wait for it or end it, then try again",
                    anchor="processes",
                )
            time.sleep(_POLL_SECONDS)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            with suppress(OSError):
                file.truncate(0)


def _taken(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(file: IO[str]) -> int | None:
    file.seek(0)
    text = file.read().strip()
    return int(text) if text.isdigit() else None
