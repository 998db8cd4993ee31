"""What the gate costs with 50 code locations and 1,000 queued runs on PostgreSQL: a look at the queue, and a gap."""

import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from benchmarks import gate_gap
from benchmarks.measure import Result, median
from benchmarks.platform import ROOT

RUNS, LOCATIONS, LIMIT_MILLISECONDS, LOOKS = 1000, 50, 5.0, 15

NOTING: dict[str, object] = {"module": "benchmarks.gate_launcher", "class": "NotingLauncher", "config": {}}


def run() -> list[Result]:
    """Look at the same queue with Dagster's own coordinator and with the gate's, in turn."""
    with tempfile.TemporaryDirectory(prefix="dp-bench-") as state, _database(Path(state)):
        from data_platform.gate import Holds
        from data_platform.instance.connections import shared_database

        with _instance(Path(state) / "stock", gate=False) as stock, _instance(Path(state) / "gate", gate=True) as ours:
            _fill(ours)
            holds = Holds(shared_database(os.environ["DATA_PLATFORM_POSTGRES_URL"]))
            free, free_found = _added(stock, ours)
            for number in range(LOCATIONS):
                holds.acquire([f"unit_{number}"], reason="measured", owner="benchmark", life=timedelta(hours=1))
            held, held_found = _added(stock, ours)
        assert (free_found, held_found) == (10, 0)
        with _instance(Path(state) / "gap", gate=True, launcher=NOTING) as noting:
            gap = gate_gap.measure(noting, Path(state), [f"unit_{number}" for number in range(LOCATIONS)])
    note = f"{RUNS:,} queued runs, {LOCATIONS} code locations; median of {LOOKS}, in turn with the stock coordinator"
    return [
        Result("added time of a look at the queue, nothing held", free, LIMIT_MILLISECONDS, "ms", 1.0, note),
        Result("added time of a look at the queue, every location held", held, LIMIT_MILLISECONDS, "ms", 1.0, note),
        *gap,
    ]


def _added(stock: object, ours: object) -> tuple[float, int]:
    """Median milliseconds that a look takes longer with the gate, and how many runs the gate lets through."""
    differences, found = [], 0
    for turn in range(LOOKS):
        if turn % 2:
            (mine, found), (theirs, _all) = _look(ours), _look(stock)
        else:
            (theirs, _all), (mine, found) = _look(stock), _look(ours)
        differences.append((mine - theirs) * 1000)
    return max(median(differences), 0.001), found


def _look(instance: object) -> tuple[float, int]:
    from dagster import DagsterInstance
    from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import QueuedRunCoordinatorDaemon

    assert isinstance(instance, DagsterInstance)
    daemon = QueuedRunCoordinatorDaemon(interval_seconds=1)
    time.sleep(0.25)  # as in the daemon, no look profits from the one before
    started = time.perf_counter()
    runs = daemon._get_runs_to_dequeue(instance, instance.get_concurrency_config(), fixed_iteration_time=None)
    return time.perf_counter() - started, len(runs)


@contextmanager
def _instance(home: Path, *, gate: bool, launcher: dict[str, object] | None = None) -> Iterator[object]:
    import yaml
    from dagster import DagsterInstance

    settings = yaml.safe_load((ROOT / "dagster_home" / "dagster.yaml").read_text())
    if not gate:
        settings["run_coordinator"] |= {"module": "dagster", "class": "QueuedRunCoordinator"}
    if launcher:
        settings["run_launcher"]["config"] = {"launcher": launcher}
    home.mkdir()
    (home / "dagster.yaml").write_text(yaml.safe_dump(settings))
    with DagsterInstance.from_config(str(home)) as instance:
        yield instance


@contextmanager
def _database(state: Path) -> Iterator[None]:
    from data_platform.instance.embedded import EmbeddedPostgres

    server = EmbeddedPostgres(state)
    with server.running():
        os.environ |= {"DATA_PLATFORM_STATE": str(state), "DATA_PLATFORM_POSTGRES_URL": server.url}
        yield


def _fill(instance: object) -> None:
    """Queued runs, as many in each location, with the tags that a run has."""
    import logging

    from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
    from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

    assert isinstance(instance, DagsterInstance)
    logging.getLogger("dagster").setLevel(logging.ERROR)
    for number in range(RUNS):
        unit = f"unit_{number % LOCATIONS}"
        tags = {"dagster/code_location": unit, "data_platform/gate": unit, "data_platform/unit": unit}
        repository = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(unit), "__repository__")
        origin, queued = RemoteJobOrigin(repository, "build"), DagsterRunStatus.QUEUED
        run = DagsterRun("build", str(uuid.uuid4()), status=queued, tags=tags, remote_job_origin=origin)
        instance.run_storage.add_run(run)
