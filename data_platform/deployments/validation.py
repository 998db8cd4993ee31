"""Whether the version on disk loads, tried in a process and a state folder of its own: what is served stays."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from data_platform.dbt.graph import DbtGraph, read_graph
from data_platform.deployments.errors import DeploymentError
from data_platform.environment import Environment
from data_platform.units.unit import Unit

_SECONDS = 600.0


@dataclass(frozen=True)
class Validated:
    """A unit whose version on disk loads.

    Attributes:
        version: hash of all its files, as it was before and after the check.
        graph: of its dbt project, prepared for the check.
    """

    unit: Unit
    version: str
    graph: DbtGraph


def validate(environment: Environment, units: Sequence[Unit]) -> list[Validated]:
    """Load the definitions of units as their code servers would.

    Raises:
        DeploymentError: one does not load (the first one's line), or its files changed meanwhile.
    """
    versions = {unit.card.name: unit.version() for unit in units}
    with _scratch(environment) as apart:
        problems = _check(apart, list(versions))
        for name, problem in problems.items():
            if problem:
                raise DeploymentError(f"{name} does not load, so nothing was changed: {problem}", anchor="deployments")
        graphs = {unit.card.name: read_graph(replace(unit, environment=apart).project.graph_file) for unit in units}
    return [Validated(unit, still(unit, versions[unit.card.name]), graphs[unit.card.name]) for unit in units]


def still(unit: Unit, version: str) -> str:
    """The version, if it is what is on disk still.

    Raises:
        DeploymentError: files were changed.
    """
    if unit.version() != version:
        raise DeploymentError(
            f"files of {unit.card.name} were changed during the deployment, so nothing was changed",
            fix="deploy again when nobody edits them",
            anchor="deployments",
        )
    return version


@contextmanager
def _scratch(environment: Environment) -> Iterator[Environment]:
    folder = environment.state / "deployments"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="check-", dir=folder) as state:
        yield replace(environment, state=Path(state))


def _check(apart: Environment, names: Sequence[str]) -> dict[str, str]:
    variables = {
        "DATA_PLATFORM_ENVIRONMENT": str(apart.name),
        "DATA_PLATFORM_ROOT": str(apart.root),
        "DATA_PLATFORM_STATE": str(apart.state),
        "DATA_PLATFORM_STORAGE": apart.storage,
    }
    command = [sys.executable, "-m", "data_platform.deployments.checking_process", *names]
    try:
        done = subprocess.run(
            command,
            cwd=apart.root,
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise DeploymentError(
            f"the new version did not load within {_SECONDS:.0f} s, so nothing was changed",
            fix="see `dp unit check`",
            anchor="deployments",
        ) from None
    try:
        return dict(json.loads(done.stdout.splitlines()[-1]))
    except (ValueError, IndexError):
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise DeploymentError(f"the new version cannot be checked: {said}", anchor="deployments") from None
