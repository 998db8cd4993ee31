"""The platform of compose.yaml, driven by docker-compose, `dp` in a container, and GraphQL."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.containers.engine import DOCKER, Engine
from tests.end_to_end.live import Live, until

STATE = "/var/lib/data-platform"
# of every kind that a shell, a YAML file or an address would take for its own
PASSWORD = "p@ss: w/rd%'\""
_LAUNCH = """
mutation($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  ... on RunConfigValidationInvalid { errors { message } } } }
"""
_LOCATIONS = """
{ workspaceOrError { ... on Workspace { locationEntries {
  name loadStatus locationOrLoadError { __typename ... on PythonError { message } } } } } }
"""


@dataclass(frozen=True)
class Containers:
    """A project of docker-compose.

    Attributes:
        engine: it runs in.
        checkout: whose compose.yaml it is.
        live: its webserver; nothing else of it is on this machine.
        image: of commands and of what is brought up.
    """

    engine: Engine
    checkout: Path
    live: Live
    image: str

    @property
    def variables(self) -> dict[str, str]:
        own = {
            "COMPOSE_PROJECT_NAME": "platform",
            "DATA_PLATFORM_IMAGE": self.image,
            "DATA_PLATFORM_PORT": str(self.live.port),
            "DATA_PLATFORM_POSTGRES_PASSWORD": PASSWORD,
            "PATH": f"{Path(DOCKER).parent}:{os.environ.get('PATH', '')}",
            "USER": "jana",
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("DATA_PLATFORM_")}
        return inherited | self.engine.variables | own

    def begin(self, *command: str) -> "subprocess.Popen[str]":
        """Start a program in the checkout; the caller waits for it."""
        return subprocess.Popen(
            command,
            cwd=self.checkout,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def begin_dp(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a `dp` command in a container of its own."""
        return self.begin("docker-compose", "run", "--rm", "-T", "platform", "dp", *arguments)

    def compose(self, *arguments: str, seconds: float = 600) -> str:
        """Run docker-compose; what it printed."""
        return finished(self.begin("docker-compose", *arguments), seconds)

    def dp(self, *arguments: str, seconds: float = 600) -> str:
        """Run `dp` in a container of its own; what it printed."""
        return finished(self.begin_dp(*arguments), seconds)

    def container(self, service: str) -> str:
        return self.compose("ps", "-q", service).strip()

    def containers(self) -> dict[str, dict[str, Any]]:
        """What the engine knows of each long-running container, by service."""
        found = json.loads(self.engine.docker("inspect", *self.compose("ps", "-q").split()))
        return {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in found}

    def wait_until_healthy(self, seconds: float = 300) -> None:
        until(
            lambda: all(
                each["State"].get("Health", {}).get("Status") == "healthy" for each in self.containers().values()
            ),
            seconds,
            pause=1,
        )

    def inside(self, *command: str) -> str:
        """Run a program in the container of fleet's code server."""
        return self.engine.docker("exec", self.container("unit-fleet"), *command)

    def speak(self, go_on: str = "") -> str:
        """Start a run that says which version it is of, as soon as a file is there; returns the run."""
        config = {"say": f"{STATE}/said", "until": f"{STATE}/{go_on}" if go_on else ""}
        selector = {"repositoryLocationName": "fleet", "repositoryName": "__repository__", "jobName": "speaking"}
        params = {"selector": selector, "runConfigData": {"ops": {"speak": {"config": config}}}}
        answer = self.live.ask(_LAUNCH, params=params)["launchRun"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        return str(answer["run"]["runId"])

    def speaking(self, go_on: str) -> str:
        """A run in flight that says its word when `let` is called."""
        run = self.speak(go_on)
        until(lambda: self.status_of(run) == "STARTED")
        return run

    def let(self, go_on: str) -> None:
        self.inside("touch", f"{STATE}/{go_on}")

    def said(self) -> dict[str, str]:
        return dict(line.split() for line in self.inside("cat", f"{STATE}/said").splitlines())

    def word(self) -> str:
        """What a run says now."""
        run = self.speak()
        assert self.live.ended(run)["status"] == "SUCCESS"
        return self.said()[run]

    def status_of(self, run: str) -> str:
        return str(self.live.run(run)["status"])

    def latest(self) -> dict[str, Any]:
        """The latest deployment."""
        number = self.deployments()[0]["deployment"]
        found: dict[str, Any] = json.loads(self.dp("deploy", "show", str(number), "--json"))
        return found

    def deployments(self) -> list[dict[str, Any]]:
        """All of them, the latest first."""
        found: list[dict[str, Any]] = json.loads(self.dp("deploy", "history", "--json"))
        return found

    def wait_until(self, state: str) -> None:
        """Wait until the latest deployment is in a state."""
        until(lambda: [each["state"] for each in self.deployments()][:1] == [state], pause=0.5)

    def locations_with_errors(self) -> list[str]:
        """Code locations that the user interface shows with an error."""
        entries = self.live.ask(_LOCATIONS)["workspaceOrError"]["locationEntries"]
        wrong = [each for each in entries if (each["locationOrLoadError"] or {}).get("__typename") == "PythonError"]
        return [f"{each['name']}: {each['locationOrLoadError']['message'][:300]}" for each in wrong]


def finished(process: "subprocess.Popen[str]", seconds: float = 600) -> str:
    """Wait for a program that must succeed; what it printed."""
    out, err = process.communicate(timeout=seconds)
    assert process.returncode == 0, (process.args, out[-3000:], err[-3000:])
    return out
