"""How long a deployment keeps runs waiting for nothing: before its change begins, and after its release.

Dagster's own queue daemon at 50 code locations with a thousand queued runs; runs are nothing but their events.
"""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import Result, median

ROUNDS, PATIENCE_SECONDS = 9, 60.0
APPLY_SECONDS, START_SECONDS = 1.0, 0.5  # beyond the deployer's poll, beyond the daemon's interval
_CODE = "import dagster as dg\n\n\n@dg.job\ndef build():\n    pass\n"


def measure(instance: Any, folder: Path, locations: list[str]) -> list[Result]:
    """Both figures.

    Args:
        instance: with the gate and `NotingLauncher`, and with runs in its queue.
        folder: for files and a socket.
        locations: code locations of those runs, each held.
    """
    from data_platform.gate.draining import POLL_SECONDS

    applying, starting, interval = [], [], 1.0
    with _daemon(instance, folder, locations, interval):
        for turn in range(ROUNDS):
            applying.append(_until_applying(instance, locations[turn]))
            starting.append(_until_started(instance, locations[-1 - turn]))
    apply, start = f"1 s and the poll of {POLL_SECONDS:.2f} s", f"0.5 s and the dequeue interval of {interval:.0f} s"
    note = f"{len(locations)} code locations, 1,000 runs in the queue; median of {ROUNDS}, worst"
    return [
        _result("from the last run's end to apply", applying, APPLY_SECONDS + POLL_SECONDS, f"{note} %; limit {apply}"),
        _result(
            "from release to the first run's start", starting, START_SECONDS + interval, f"{note} %; limit {start}"
        ),
    ]


def _result(name: str, seconds: list[float], limit: float, note: str) -> Result:
    return Result(name, median(seconds), limit, "s", 1.0, note.replace("%", f"{max(seconds):.2f} s"))


def _until_applying(instance: Any, location: str) -> float:
    """Seconds from the end of the only run in flight until its deployer may change something."""
    from benchmarks.gate_launcher import HOLDING
    from data_platform.deployments.gap import Gap
    from data_platform.deployments.request import Request
    from data_platform.gate.instance import holds_of

    holds = holds_of(instance)
    ended = HOLDING[location] = threading.Event()
    holds.release(_held(holds, location))
    _wait(lambda: holds.in_flight(_scope(location)))
    request = Request(units=(), scopes=(location,), owner="benchmark", reason="measured")
    gap = Gap(holds, stop=lambda numbers: None, tell=lambda line: None)
    gap.acquire(request, 0, lambda before: None)
    drained: list[float] = []

    def drain() -> None:
        gap.drain(PATIENCE_SECONDS)
        drained.append(time.perf_counter())

    thread = threading.Thread(target=drain)
    thread.start()
    time.sleep(0.7)  # the poll stands anywhere
    ended.set()
    _wait(lambda: not holds.in_flight(_scope(location)), 0.001)
    begun = time.perf_counter()
    thread.join(PATIENCE_SECONDS)
    gap.release()
    return max(drained[0] - begun, 0.0)


def _until_started(instance: Any, location: str) -> float:
    """Seconds from the release until a run that waited is given to the launcher that starts processes."""
    from benchmarks.gate_launcher import STARTED
    from data_platform.gate.instance import holds_of

    holds = holds_of(instance)
    held = _held(holds, location)
    time.sleep(random.random())  # noqa: S311 - the daemon stands anywhere in its interval
    holds.release(held)
    begun = time.perf_counter()
    _wait(lambda: location in STARTED, 0.001)
    return STARTED[location] - begun


def _held(holds: Any, location: str) -> int:
    return next(int(hold.id) for hold in holds.live().holds if hold.scope == location)


def _scope(location: str) -> Any:
    from data_platform.gate import Scope

    return Scope(location)


def _wait(found: Any, pause: float = 0.05) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not found():
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing happened for {PATIENCE_SECONDS:.0f} s")
        time.sleep(pause)


@contextmanager
def _daemon(instance: Any, folder: Path, locations: list[str], interval: float) -> Iterator[None]:
    """Dagster's queue daemon; one code server stands for those of all units."""
    import yaml
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import WorkspaceFileTarget
    from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import QueuedRunCoordinatorDaemon

    from benchmarks.gate_launcher import RUN

    code, socket, workspace = folder / "code.py", folder / "code.sock", folder / "workspace.yaml"
    code.write_text(_CODE)
    servers = [{"grpc_server": {"socket": str(socket), "location_name": name}} for name in locations]
    workspace.write_text(yaml.safe_dump({"load_from": servers}))
    command = [sys.executable, "-m", "dagster", "api", "grpc", "-f", str(code), "--socket", str(socket)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    over = threading.Event()
    try:
        _wait(socket.exists)
        with (
            WorkspaceProcessContext(instance, WorkspaceFileTarget([str(workspace)])) as context,
            QueuedRunCoordinatorDaemon(interval_seconds=int(interval)) as daemon,
        ):

            def work() -> None:
                for _ in daemon.core_loop(context, over):
                    if over.is_set():
                        return

            thread = threading.Thread(target=work)
            thread.start()
            try:
                yield
            finally:
                over.set()
                thread.join(PATIENCE_SECONDS)
                _wait(lambda: all(each.name != RUN for each in threading.enumerate()))
    finally:
        server.kill()
        server.wait()
