"""`python -m data_platform.instance.run_workers SOCKET`: starts runs without the seconds that importing Dagster takes.

Dagster starts a new interpreter for each run, and the interpreter imports Dagster before it does anything else. This
program has imported it already; a run is a fork of it, which then loads its unit's definitions from the files as they
are at that moment. Nothing else lives here: no thread, no connection, no definitions.

SIGTERM ends it when its runs have finished, as it ends a code server.
"""

import contextlib
import gc
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from data_platform.instance.run_execution import ANSWER_SECONDS, execute, report_death


class RunWorkers:
    """The program: listens, forks, and looks after the forks.

    Args:
        path: of the socket; it replaces one that a killed program left behind.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._runs: dict[int, str] = {}
        self._ending = False
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen()
        self._woken, self._wake = os.pipe()
        for end in (self._woken, self._wake):
            os.set_blocking(end, False)

    def serve(self) -> None:
        """Serve until SIGTERM, and then until the last run has finished."""
        signal.set_wakeup_fd(self._wake)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        gc.collect()
        gc.freeze()  # collections in the forks leave the shared memory untouched
        while not self._ending or self._runs:
            sources: list[int | socket.socket] = [self._woken] if self._ending else [self._woken, self._listener]
            ready, _, _ = select.select(sources, [], [])
            if self._woken in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._woken, 4096)
                self._reap()
            if self._listener in ready and not self._ending:
                self._answer()

    def _end(self, *_: object) -> None:
        self._ending = True
        self._path.unlink(missing_ok=True)

    def _answer(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            connection.settimeout(ANSWER_SECONDS)
            with contextlib.suppress(OSError):
                if run_id := connection.makefile().readline().strip():
                    process_id = self._fork(run_id)
                    self._runs[process_id] = run_id
                    connection.sendall(str(process_id).encode())

    def _reap(self) -> None:
        for process_id, status in _ended():
            run_id = self._runs.pop(process_id, None)
            if run_id is not None and status != 0:
                self._fork(run_id, status)  # only forks talk to the database

    def _fork(self, run_id: str, died_with: int | None = None) -> int:
        if process_id := os.fork():
            return process_id
        code = 1
        try:
            os.setsid()  # a signal to this program's group is not one to the run
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL if number != signal.SIGINT else signal.default_int_handler)
            self._listener.close()
            if died_with is None:
                execute(run_id)
            else:
                report_death(run_id, died_with)
            code = 0
        except BaseException as error:  # also an exit: a fork must not go on with the code of the server
            print(f"run {run_id}: {type(error).__name__}: {error}", file=sys.stderr)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


def _ended() -> Iterator[tuple[int, int]]:
    with contextlib.suppress(ChildProcessError):
        while True:
            process_id, status = os.waitpid(-1, os.WNOHANG)
            if process_id == 0:
                return
            yield process_id, status


def warm_up() -> None:
    """Import what a run's process needs; much of it Dagster imports only when something is executed."""
    import dagster

    import data_platform.gate.steps
    import data_platform.instance.folders
    import data_platform.instance.launcher
    import data_platform.instance.storage  # noqa: F401 (loaded before the forks)

    @dagster.asset
    def nothing() -> None:
        """Executed once, in memory."""

    silent = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    dagster.materialize([nothing], selection="*", run_config=silent)


def main() -> None:
    """Serve at the socket named by the only argument."""
    path = Path(sys.argv[1])
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    began = time.monotonic()
    warm_up()
    workers = RunWorkers(path)
    print(f"run workers: ready after {time.monotonic() - began:.1f} s", flush=True)
    workers.serve()


if __name__ == "__main__":
    main()
