"""A real platform for the tests: its own state folder and port, driven by `dp` and GraphQL as its users do."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil

from data_platform.environment import current_environment
from data_platform.processes import Folders
from data_platform.processes.ours import our_processes
from tests.reading import read_by_dp

ROOT = Path(__file__).parents[2]
UNITS = ("fleet", "meteorology", "operations")
LOCATIONS = ("data_platform", *UNITS)
T = TypeVar("T")

ENDED = ("SUCCESS", "FAILURE", "CANCELED")
# Nothing that hangs may pass for slow: on a quiet machine everything here takes seconds.
PATIENCE = 150.0


@dataclass(frozen=True)
class Live:
    """A platform of one state folder, running or not.

    Attributes:
        state: everything it writes.
        port: of its webserver.
        root: its repository.
        variables: further environment variables of its commands.
    """

    state: Path
    port: int
    root: Path = ROOT
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("DATA_PLATFORM_")}
        inherited.pop("DAGSTER_HOME", None)
        own = {"DATA_PLATFORM_ROOT": str(self.root), "DATA_PLATFORM_STATE": str(self.state)}
        return inherited | own | {"PYTHONPATH": str(self.root), "COLUMNS": "200"} | dict(self.variables)

    @property
    def folders(self) -> Folders:
        return Folders(current_environment(self.environment).state)

    def dp(self, *arguments: str, exit_code: int | None = 0, seconds: float = 2 * PATIENCE) -> str:
        """Run a `dp` command to its end and return what it printed to standard output."""
        done = self.attempt(*arguments, seconds=seconds)
        assert exit_code is None or done.returncode == exit_code, f"dp {' '.join(arguments)}: {done}"
        assert "Traceback" not in done.stdout + done.stderr, done
        return done.stdout

    def attempt(self, *arguments: str, seconds: float = 2 * PATIENCE) -> "subprocess.CompletedProcess[str]":
        """Run a `dp` command to its end, whatever its exit code."""
        return subprocess.run(
            _command(*arguments),
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def begin(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a `dp` command; the caller waits for it."""
        return subprocess.Popen(
            _command(*arguments),
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def status(self) -> dict[str, Any]:
        """What `dp status --json` says, and whether its exit code agrees with it."""
        code, said = read_by_dp(self.environment, "status", "--json")
        found: dict[str, Any] = json.loads(said)
        assert code == (0 if found["healthy"] else 1), said
        return found

    def told(self, *arguments: str) -> Any:
        """What a `dp ... --json` that only reads says."""
        code, said = read_by_dp(self.environment, *arguments, "--json")
        assert code == 0, f"dp {' '.join(arguments)}: {code} {said}"
        return json.loads(said)

    def restarts(self, program: str) -> int:
        """How often a program ended by itself, as `dp status` tells it."""
        return next(int(item["restarts"]) for item in self.status()["processes"] if item["name"] == program)

    def healthy(self) -> bool:
        return bool(self.status()["healthy"])

    def pid(self, program: str) -> int:
        """The first process of a program."""
        return next(int(item["pid"]) for item in self.status()["processes"] if item["name"] == program)

    def processes(self, part: str = "") -> list[psutil.Process]:
        """Living processes of this platform whose command line holds a text."""
        found = []
        for item in our_processes(self.folders):
            try:
                if part in " ".join(item.process.cmdline()):
                    found.append(item.process)
            except psutil.Error:
                continue
        return found

    def log(self, program: str) -> str:
        """Everything a program has written, oldest first."""
        paths = sorted(self.folders.logs.glob(f"{program}.log*"), reverse=True)
        return "".join(path.read_text(errors="replace") for path in paths)

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Ask the GraphQL API."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            body = json.dumps({"query": query, "variables": variables})
            connection.request("POST", "/graphql", body, {"Content-Type": "application/json"})
            answer: dict[str, Any] = json.load(connection.getresponse())
        finally:
            connection.close()
        assert not answer.get("errors"), answer
        data: dict[str, Any] = answer["data"]
        return data

    def launch(self, unit: str, tags: Mapping[str, str] | None = None) -> str:
        """Put a unit's build into the queue, as the UI does; returns the run."""
        return self.submit(unit, "build", tags=tags)

    def submit(
        self,
        location: str,
        job: str,
        config: Mapping[str, Any] | None = None,
        *,
        tags: Mapping[str, str] | None = None,
        assets: Sequence[str] = (),
    ) -> str:
        """Put a run of a job into the queue, with some of its assets only where there are any; returns the run."""
        selector: dict[str, Any] = {
            "repositoryLocationName": location,
            "repositoryName": "__repository__",
            "jobName": job,
        }
        if assets:
            selector["assetSelection"] = [{"path": [name]} for name in assets]
        listed = [{"key": key, "value": value} for key, value in (tags or {}).items()]
        params = {"selector": selector, "runConfigData": config or {}, "executionMetadata": {"tags": listed}}
        answer = self.ask(_LAUNCH, params=params)["launchRun"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        return str(answer["run"]["runId"])

    def reload(self, location: str) -> None:
        """Have a code location loaded anew, as the UI's button does."""
        self.ask(
            "mutation($name: String!) { reloadRepositoryLocation(repositoryLocationName: $name) { __typename } }",
            name=location,
        )

    def run(self, run_id: str) -> dict[str, Any]:
        """A run's status, and its failures' messages."""
        found: dict[str, Any] = self.ask(_RUN, run=run_id)["runOrError"]
        return found | {"events": found["eventConnection"]["events"]}

    def runs(self) -> list[dict[str, Any]]:
        """All runs, the latest first."""
        found: list[dict[str, Any]] = self.ask(_RUNS)["runsOrError"]["results"]
        return found

    def has_begun(self, run_id: str) -> bool:
        """Whether a run has materialized something and has not ended."""
        run = self.run(run_id)
        assert run["status"] not in ENDED, run
        return bool(run["assetMaterializations"])

    def ended(self, run_id: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """Wait for a run's end, also while the webserver is away."""

        def end() -> dict[str, Any] | None:
            try:
                run = self.run(run_id)
            except (OSError, http.client.HTTPException, ValueError):
                return None
            return run if run["status"] in ENDED else None

        return until(end, seconds)


def _command(*arguments: str) -> list[str]:
    return [sys.executable, str(Path(sys.executable).with_name("dp")), *arguments]


def until(found: Callable[[], T | None], seconds: float = PATIENCE, pause: float = 0.2) -> T:
    """Wait until something is found to be true, and return it."""
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < deadline, f"it did not come about within {seconds:.0f} s"
        time.sleep(pause)
    return answer


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def kill(pid: int) -> None:
    """`kill -9`."""
    os.kill(pid, signal.SIGKILL)


_LAUNCH = """
mutation($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on PipelineNotFoundError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""

_RUN = """
query($run: ID!) {
  runOrError(runId: $run) {
    ... on Run {
      runId status startTime endTime tags { key value }
      assetMaterializations { assetKey { path } partition }
      eventConnection(limit: 2000) {
        events {
          __typename
          ... on MessageEvent { message level }
          ... on ExecutionStepFailureEvent { error { message cause { message } } }
          ... on RunFailureEvent { error { message } }
        }
      }
    }
  }
}
"""

_RUNS = """
{ runsOrError(limit: 200) { ... on Runs { results { runId status jobName tags { key value } } } } }
"""
