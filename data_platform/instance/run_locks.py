"""A lock in the state folder that a run's process holds while it executes: other containers see by it that it is gone.

Process numbers mean nothing in another container, but containers that share a volume share its locks, and the kernel
lets go of a lock when its process is gone, however that happened.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from data_platform.environment import current_environment

_held: dict[str, int] = {}  # open files of this process, by run


def hold(run_id: str) -> None:
    """Hold the lock of a run that this process begins to execute; where there are no locks, nobody knows, as before."""
    path = _path(run_id)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.uname().nodename}.{os.getpid()}")
        file = os.open(part, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        part.rename(path)  # nobody may see it before it is locked
        _held[run_id] = file


def let_go(run_id: str) -> None:
    """Let go of the lock of a run that has ended, or remove what a dead process left of it."""
    with suppress(OSError):
        _path(run_id).unlink()  # before it is free: what is there and free is of a dead process
    if run_id in _held:
        os.close(_held.pop(run_id))


def is_gone(run_id: str) -> bool:
    """Whether the process of a run that has not ended is gone for certain; false where that is not known."""
    path = _path(run_id)
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return path.exists()
    except OSError:
        return False
    finally:
        os.close(file)


def _path(run_id: str) -> Path:
    return current_environment().state / "run-locks" / run_id
