"""A real PostgreSQL for the tests of this room, with Dagster's tables."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import DagsterInstance
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import GrpcServerTarget

from data_platform.gate import Holds
from data_platform.instance.connections import Database, shared_database
from data_platform.instance.embedded import EmbeddedPostgres
from tests.end_to_end.live import until
from tests.gate.queue_daemon import Daemon
from tests.gate.slow_launcher import STARTED
from tests.postgres import Databases

HOME = Path(__file__).parents[2] / "dagster_home"
SETTINGS = yaml.safe_load((HOME / "dagster.yaml").read_text())


@pytest.fixture(scope="module")
def url(databases: Databases) -> Iterator[str]:
    """The address of a database of this module's own."""
    with databases.empty() as url:
        yield url
        shared_database(url).dispose()


@pytest.fixture(scope="module")
def database(url: str) -> Database:
    return shared_database(url)


@pytest.fixture
def holds(database: Database) -> Holds:
    """No holds, no runs."""
    holds = Holds(database)
    holds.live()  # makes the tables
    with database.connect() as connection:
        connection.exec_driver_sql("TRUNCATE platform.hold CASCADE; DELETE FROM run_tags; DELETE FROM runs")
        connection.exec_driver_sql("DELETE FROM event_logs")
    return holds


@pytest.fixture
def instance(
    server: EmbeddedPostgres, url: str, holds: Holds, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DagsterInstance]:
    """The instance of dagster_home/dagster.yaml, on the module's database."""
    monkeypatch.setenv("DATA_PLATFORM_STATE", str(server.state))
    monkeypatch.setenv("DATA_PLATFORM_ENVIRONMENT", "local")
    monkeypatch.setenv("DATA_PLATFORM_POSTGRES_URL", url)
    with DagsterInstance.from_config(str(HOME)) as instance:
        yield instance


SLOW = {"module": "tests.gate.slow_launcher", "class": "SlowLauncher", "config": {}}


@pytest.fixture
def home(tmp_path: Path) -> Callable[..., str]:
    """A folder with the platform's dagster.yaml, changed in places."""

    def write(**changes: Any) -> str:
        (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(SETTINGS | changes))
        return str(tmp_path)

    return write


@pytest.fixture
def environment(server: EmbeddedPostgres, url: str, holds: Holds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_STATE", str(server.state))
    monkeypatch.setenv("DATA_PLATFORM_POSTGRES_URL", url)


@pytest.fixture
def slow(environment: None, home: Callable[..., str]) -> Iterator[DagsterInstance]:
    """The platform's instance, whose runs are nothing but their events."""
    STARTED.clear()
    changed = {**SETTINGS["run_launcher"], "config": {"launcher": SLOW}}
    with DagsterInstance.from_config(home(run_launcher=changed)) as instance:
        yield instance


@pytest.fixture(scope="session")
def code_server() -> Iterator[Path]:
    """The socket of a code server."""
    with tempfile.TemporaryDirectory(prefix="dp-") as folder:
        socket = Path(folder) / "fleet.sock"
        command = ["-m", "dagster", "api", "grpc", "-m", "tests.gate.jobs_of_units", "--socket", str(socket)]
        process = subprocess.Popen([sys.executable, *command, "--location-name", "fleet"], stderr=subprocess.DEVNULL)
        until(socket.exists, 60)
        yield socket
        process.kill()
        process.wait()


@pytest.fixture
def daemon(slow: DagsterInstance, code_server: Path) -> Iterator[Daemon]:
    target = GrpcServerTarget(host="localhost", port=None, socket=str(code_server), location_name="fleet")
    with WorkspaceProcessContext(slow, target) as workspace:
        yield Daemon(slow, workspace)
