"""A running Dagster on a database: webserver, daemon, run workers, and a code server for each of three units."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

from data_platform.gate import Holds
from data_platform.instance.connections import shared_database
from tests.end_to_end.live import ENDED, Live, free_port, until
from tests.gate.jobs_of_units import launch

HOME = Path(__file__).parents[2] / "dagster_home"
UNITS = ("fleet", "meteorology", "operations")
SCHEDULED = "meteorology"  # left to the schedule, the sensor and the backfill


@dataclass(frozen=True)
class Dagster(Live):
    """Driven by GraphQL and `dp` as its users do."""

    started: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def graphql(self) -> str:
        return f"{self.address}/graphql"

    @property
    def url(self) -> str:
        return str(self.variables["DATA_PLATFORM_POSTGRES_URL"])

    @property
    def holds(self) -> Holds:
        return Holds(shared_database(self.url))

    @property
    def workspace(self) -> Path:
        return self.state / "workspace.yaml"

    def socket(self, name: str) -> Path:
        return self.state / f"{name}.sock"

    def start(self, *command: str) -> "subprocess.Popen[bytes]":
        with (self.state / "log").open("a") as log:
            started = subprocess.Popen(
                [sys.executable, "-m", *command],
                env=self.environment,
                cwd=self.root,
                stdout=log,
                stderr=log,
            )
        self.started.append(started)
        return started

    def start_daemon(self) -> "subprocess.Popen[bytes]":
        return self.start("dagster._daemon", "run", "-w", str(self.workspace))

    def launch_job(self, location: str, job: str, tags: dict[str, str] | None = None, **metadata: str) -> str:
        return launch(self.graphql, location, job, tags or {}, **metadata)

    def status_of(self, run_id: str) -> str:
        return str(self.run(run_id)["status"])

    def messages(self, run_id: str) -> list[str]:
        return [event["message"] for event in self.run(run_id)["events"] if event.get("message")]

    def until_status(self, run_id: str, *statuses: str, seconds: float = 60) -> None:
        until(lambda: self.status_of(run_id) in statuses, seconds)

    def stay_queued(self, *runs: str, seconds: float = 2.5) -> None:
        """Longer than the daemon needs to look at the queue twice."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert {self.status_of(run) for run in runs} == {"QUEUED"}
            time.sleep(0.25)

    def runs_tagged(self, key: str, value: str | None = None) -> list[dict[str, Any]]:
        tagged = []
        for run in self.runs():
            tags = {tag["key"]: tag["value"] for tag in run["tags"]}
            if key in tags and value in (None, tags[key]):
                tagged.append(run | {"tags": tags})
        return tagged


@contextmanager
def running(state: Path, url: str) -> Iterator[Dagster]:
    """Start it, and stop it with all it has started."""
    port = free_port()
    variables = {
        "DATA_PLATFORM_POSTGRES_URL": url,
        "DAGSTER_HOME": str(HOME),
        "DATA_PLATFORM_RUN_WORKERS": str(state / "workers.sock"),
        "GATE_TEST_GRAPHQL": f"http://127.0.0.1:{port}/graphql",
    }
    dagster = Dagster(state, port, variables=variables)
    servers = [{"grpc_server": {"socket": str(dagster.socket(u)), "location_name": u}} for u in UNITS]
    dagster.workspace.write_text(yaml.safe_dump({"load_from": servers}))
    try:
        for unit in UNITS:
            module = "unit_with_assets" if unit == SCHEDULED else "jobs_of_units"
            dagster.start(
                *("dagster", "api", "grpc", "-m", f"tests.gate.{module}", "--location-name", unit),
                *("--socket", str(dagster.socket(unit))),
            )
        dagster.start("data_platform.instance.run_workers", str(state / "workers.sock"))
        dagster.start("dagster_webserver", "-h", "127.0.0.1", "-p", str(port), "-w", str(dagster.workspace))
        until(lambda: all(dagster.socket(unit).exists() for unit in UNITS), 60)
        until((state / "workers.sock").exists, 60)
        dagster.start_daemon()
        until(lambda: _loaded(dagster), 90)
        yield dagster
    finally:
        for program in dagster.started:
            _end(program)
        sys.stderr.write("".join((state / "log").read_text().splitlines(keepends=True)[-30:]))


def _loaded(dagster: Dagster) -> bool:
    try:
        found = dagster.ask(
            "{ workspaceOrError { ... on Workspace { locationEntries { locationOrLoadError { __typename } } } } }"
        )["workspaceOrError"]["locationEntries"]
    except OSError:
        return False
    return len(found) == len(UNITS) and all(
        (entry["locationOrLoadError"] or {}).get("__typename") == "RepositoryLocation" for entry in found
    )


def _end(program: "subprocess.Popen[bytes]") -> None:
    try:
        children = psutil.Process(program.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        children = []
    for process in (program, *children):
        try:
            os.kill(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    program.wait()


__all__ = ["ENDED", "SCHEDULED", "UNITS", "Dagster", "running", "until"]
