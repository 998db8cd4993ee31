"""The embedded PostgreSQL for single commands, while the platform is down."""

import fcntl
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from data_platform.instance.embedded import EmbeddedPostgres
from data_platform.instance.locks import locked

_START_SECONDS = 60  # it may have files to repair


@contextmanager
def running(server: EmbeddedPostgres) -> Iterator[None]:
    """See `EmbeddedPostgres.running`. Every command that uses the server shares a lock; the last one stops it."""
    server.prepare()
    with (server.folder / "users.lock").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        with locked(server.folder / "start.lock"):
            if not server.is_ready():
                _start(server)
        try:
            yield
        finally:
            with suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _stop(server)


def stop_abandoned(server: EmbeddedPostgres) -> None:
    """See `EmbeddedPostgres.stop_abandoned`."""
    if not _number_file(server).exists():
        return
    with (server.folder / "users.lock").open("w") as users, suppress(BlockingIOError):
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _stop(server)


def _number_file(server: EmbeddedPostgres) -> Path:
    return server.folder / "started-by-a-command"


def _start(server: EmbeddedPostgres) -> None:
    with (server.folder / "server.log").open("a") as log:
        process = subprocess.Popen(
            server.command(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C ends the command first, and the command then stops the server
        )
    _number_file(server).write_text(str(process.pid))
    deadline = time.monotonic() + _START_SECONDS
    while not server.is_ready():
        if process.poll() is not None:
            raise server.not_started("the database did not start")
        if time.monotonic() > deadline:
            process.kill()
            raise server.not_started(f"the database does not answer after {_START_SECONDS} s")
        time.sleep(0.02)


def _stop(server: EmbeddedPostgres) -> None:
    try:
        number = int(_number_file(server).read_text())
        running_now = int((server.folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    if number != running_now:  # a process manager's server by now
        return
    with suppress(ProcessLookupError):
        os.kill(number, server.STOP_SIGNAL)
        with locked(server.folder / "server.lock"):
            _number_file(server).unlink(missing_ok=True)
    with suppress(ChildProcessError):
        os.waitpid(number, 0)
