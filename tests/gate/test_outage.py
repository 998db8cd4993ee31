"""While the database is away nothing is started and nothing fails; it goes on when it is back."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from dagster import DagsterInstance, DagsterRunStatus, RunsFilter
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import GrpcServerTarget

from data_platform.gate import launcher as launcher_module
from data_platform.gate.instance import hold_on as real_hold_on
from data_platform.instance import connections
from data_platform.instance.connections import shared_database
from data_platform.instance.embedded import EmbeddedPostgres
from tests.end_to_end.live import until
from tests.gate.conftest import SETTINGS, SLOW
from tests.gate.queue_daemon import Daemon
from tests.gate.slow_launcher import STARTED


class Server:
    """A PostgreSQL that goes and comes."""

    def __init__(self, state: Path) -> None:
        self.postgres = EmbeddedPostgres(state)
        self.running: Any = None

    def come(self) -> None:
        self.running = self.postgres.running()
        self.running.__enter__()

    def go(self) -> None:
        self.running.__exit__(None, None, None)
        until(lambda: not self.postgres.is_ready(), 20)


@pytest.fixture
def away() -> Iterator[Server]:
    # not tmp_path: a socket's path must be short
    with tempfile.TemporaryDirectory(prefix="dp-") as state:
        server = Server(Path(state))
        server.come()
        yield server
        with suppress(psutil.Error):
            server.go()


@pytest.fixture
def daemon(
    away: Server, code_server: Path, home: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Daemon]:
    STARTED.clear()
    monkeypatch.setenv("DATA_PLATFORM_STATE", str(away.postgres.state))
    monkeypatch.setenv("DATA_PLATFORM_POSTGRES_URL", away.postgres.url)
    monkeypatch.setattr(connections, "PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr(launcher_module, "_LATE_SECONDS", 2.0)
    changed = {**SETTINGS["run_launcher"], "config": {"launcher": SLOW}}
    target = GrpcServerTarget(host="localhost", port=None, socket=str(code_server), location_name="fleet")
    with (
        DagsterInstance.from_config(home(run_launcher=changed)) as instance,
        WorkspaceProcessContext(instance, target) as workspace,
    ):
        yield Daemon(instance, workspace)
    shared_database(away.postgres.url).dispose()


def test_a_database_that_goes_just_before_a_run_is_started_costs_no_run(
    daemon: Daemon, away: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = threading.Event()

    def delayed(*arguments: Any) -> Any:
        if not gone.is_set():
            away.go()
            gone.set()
        return real_hold_on(*arguments)

    run = daemon.submit()
    monkeypatch.setattr(launcher_module, "hold_on", delayed)
    look = threading.Thread(target=daemon.look)
    look.start()
    assert gone.wait(30)
    time.sleep(0.3)
    limits = daemon.instance.get_concurrency_config().run_queue_config
    assert limits
    assert limits.max_concurrent_runs == 0, "nothing is taken from the queue"
    time.sleep(3)
    assert STARTED == {}

    away.come()
    look.join(30)
    until(lambda: daemon.status(run) == DagsterRunStatus.QUEUED, 10)
    daemon.look_later()
    until(lambda: daemon.status(run) == DagsterRunStatus.SUCCESS, 10)
    assert set(STARTED) == {run.run_id}
    assert daemon.instance.get_runs_count(RunsFilter(statuses=[DagsterRunStatus.FAILURE])) == 0


def test_holds_that_cannot_be_read_just_before_a_run_is_started_cost_no_run(
    daemon: Daemon, away: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    database = shared_database(away.postgres.url)
    gone = threading.Event()

    def delayed(*arguments: Any) -> Any:
        if not gone.is_set():
            with database.connect() as connection:
                connection.exec_driver_sql("ALTER TABLE platform.hold RENAME TO hold_away")
            gone.set()
        return real_hold_on(*arguments)

    run = daemon.submit()
    monkeypatch.setattr(launcher_module, "hold_on", delayed)
    daemon.look()
    assert gone.is_set()
    assert STARTED == {}
    assert daemon.status(run) == DagsterRunStatus.QUEUED
    assert f"run {run.run_id} goes back into the queue, since the holds cannot be read" in caplog.text
    daemon.look_later()
    assert daemon.status(run) == DagsterRunStatus.QUEUED, "nothing is taken from the queue"

    with database.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE platform.hold_away RENAME TO hold")
    daemon.look_later()
    until(lambda: daemon.status(run) == DagsterRunStatus.SUCCESS, 10)
    assert set(STARTED) == {run.run_id}
