"""A platform of small programs under a real supervisord, and a real platform of three small units."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from data_platform.processes import Folders, ready, stop
from data_platform.processes.bring_up import bring_up
from data_platform.processes.keeper import Keeper, start_keeper
from data_platform.processes.keeper_config import keeper_config
from data_platform.processes.ours import our_processes
from data_platform.processes.plan import MARK
from data_platform.processes.programs import Program, Stage
from data_platform.processes.record import Record, recorded
from tests.reading import read_by_dp

_SCRIPT = Path(__file__).with_name("small_program.py")


class SmallPlatform:
    """Small programs, kept running by a real supervisord in a folder of its own."""

    def __init__(self, state: Path) -> None:
        self.folders = Folders(state)
        self.folders.make()
        self.journal = state / "journal"
        self.told: list[str] = []

    def program(self, name: str, *options: str, stage: Stage = Stage.CONTROL, **settings: object) -> Program:
        path = self.folders.sockets / f"{name}.sock"
        command = (sys.executable, str(_SCRIPT), name, str(self.journal), str(path), *options)
        return Program(name, command, stage, partial(ready.accepts, path), **settings)  # type: ignore[arg-type]

    def start(self, *programs: Program) -> Keeper:
        self.folders.keeper_config.write_text(keeper_config(self.folders, programs, self.folders.state))
        Record(1, False, "none", recorded(programs), time.time()).write(self.folders)
        keeper = start_keeper(self.folders, os.environ | {MARK: str(self.folders.run)}, self.folders.state)
        bring_up(self.folders, keeper, programs, self.told.append)
        return keeper

    def stop(self, grace: float = 20) -> bool:
        return stop(self.folders, grace=grace, tell=self.told.append)

    @property
    def processes(self) -> list[psutil.Process]:
        return [item.process for item in our_processes(self.folders)]

    @property
    def happened(self) -> list[str]:
        """What the programs noted, in the order of time."""
        return [line.split(" ", 1)[1] for line in self.journal.read_text().splitlines()]


@pytest.fixture
def small(short_folder: Path) -> Iterator[SmallPlatform]:
    platform = SmallPlatform(short_folder)
    yield platform
    platform.stop(grace=0)
    assert not platform.processes


@pytest.fixture
def short_folder() -> Iterator[Path]:
    # not tmp_path: a socket's path must be short
    with tempfile.TemporaryDirectory(prefix="dp-") as folder:
        yield Path(folder)


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.1)


def lives(process: psutil.Process) -> bool:
    """Whether it runs; a process that only waits to be collected by its parent does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class RealPlatform:
    """A checkout with small units of its own, driven by the command `dp` as a person would."""

    def __init__(self, root: Path, port: int) -> None:
        self.root, self.port = root, port
        self.interrupted_run = ""
        self.folders = Folders(root / "var")
        self.variables = {
            **{
                name: value for name, value in os.environ.items() if not name.startswith(("DATA_PLATFORM_", "DAGSTER_"))
            },
            "DATA_PLATFORM_ROOT": str(root),
            "DATA_PLATFORM_PORT": str(port),
        }
        home = Path(__file__).parents[2] / "dagster_home"
        (root / "dagster_home").mkdir(parents=True)
        shutil.copy(home / "dagster.yaml", root / "dagster_home" / "dagster.yaml")
        (root / "code_locations").mkdir()
        (root / "code_locations" / "__init__.py").touch()

    def add_unit(self, name: str, definitions: str) -> Path:
        folder = self.root / "code_locations" / name
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / "unit.yaml").write_text(f"name: {name}\ntitle: A unit\nowners: [team:tests]\n")
        (folder / "definitions.py").write_text(textwrap.dedent(definitions))
        return folder

    def popen(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start `dp` in a process group of its own, as a shell with a terminal does."""
        return subprocess.Popen(
            [Path(sys.executable).with_name("dp"), *arguments],
            env=self.variables | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def dp(self, *arguments: str, **variables: str) -> tuple[int, str]:
        """Exit code and output of a `dp` command."""
        process = self.popen(*arguments, **variables)
        output, _ = process.communicate(timeout=180)
        return process.returncode, output

    def refresh(self) -> str:
        """What `dp unit new` and `dp unit remove` do at their end."""
        script = (
            "from data_platform.environment import current_environment; from data_platform.processes import refresh;"
            "print(refresh(current_environment()))"
        )
        return subprocess.check_output([sys.executable, "-c", script], env=self.variables, text=True)

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(read_by_dp(self.variables, "status", "--json")[1])
        return found | {
            "by_name": {item["name"]: item for item in found["processes"]},
            "locations": {item["name"]: item for item in found["locations"]},
        }

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """Ask the webserver's GraphQL API."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = json.dumps({"query": query, "variables": variables})
        connection.request("POST", "/graphql", body, {"Content-Type": "application/json"})
        answer: dict[str, Any] = json.load(connection.getresponse())
        connection.close()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    def launch(self, location: str, job: str) -> str:
        """Launch a job of a unit, and wait until its process works; returns the run's number."""
        selector = {"repositoryLocationName": location, "repositoryName": "__repository__", "jobName": job}
        answer = self.ask(
            """mutation ($selector: JobOrPipelineSelector!) { launchRun(executionParams: {selector: $selector}) {
               __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }""",
            selector=selector,
        )["launchRun"]
        run_id = str(answer["run"]["runId"])
        until(lambda: self.run_state(run_id) == "STARTED")
        return run_id

    def run_state(self, run_id: str) -> str:
        """Status of a run, in Dagster's words."""
        query = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
        return str(self.ask(query, id=run_id)["runOrError"]["status"])

    @property
    def processes(self) -> list[psutil.Process]:
        """Every process of the platform, also those of the database that do not carry its mark."""
        ours = [item.process for item in our_processes(self.folders)]
        return list(dict.fromkeys(each for one in ours for each in (one, *one.children(recursive=True))))


PLAIN_UNIT = """
    import time

    import dagster as dg

    @dg.asset(key_prefix="plain")
    def one() -> int:
        return 1

    @dg.op
    def brief():
        time.sleep(8)

    @dg.op
    def endless():
        while True:
            time.sleep(0.1)

    @dg.job(executor_def=dg.in_process_executor)
    def brief_job():
        brief()

    @dg.job(executor_def=dg.in_process_executor)
    def endless_job():
        endless()

    defs = dg.Definitions(assets=[one], jobs=[brief_job, endless_job])
"""


@pytest.fixture(scope="module")
def real() -> Iterator[RealPlatform]:
    with tempfile.TemporaryDirectory(prefix="dp-") as folder, socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
        probe.close()
        platform = RealPlatform(Path(folder).resolve(), port)
        try:
            yield platform
        finally:
            platform.dp("down", "--grace", "0")
            assert not platform.processes
