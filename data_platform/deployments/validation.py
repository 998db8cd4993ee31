"""Whether new versions of units load, tried in a process of their own beside what is served, which stays as it is."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from data_platform.dbt.graph import DbtGraph, read_graph
from data_platform.dbt.prepare import prepare
from data_platform.deployments.errors import DeploymentError
from data_platform.environment import Environment
from data_platform.units.card import unit_folders
from data_platform.units.unit import Unit
from data_platform.units.versions import UnitVersions

_SECONDS = 600.0


@dataclass(frozen=True)
class Validated:
    """A unit whose new version loads.

    Attributes:
        unit: in the folder of that version.
        version: hash of all its files.
        graph: of its dbt project, prepared there.
    """

    unit: Unit
    version: str
    graph: DbtGraph


def keep_versions(environment: Environment, units: Sequence[Unit]) -> list[Unit]:
    """Keep units as they are on disk now; returns them in their versions' folders.

    Raises:
        DataPlatformError: files cannot be kept, or change meanwhile.
    """
    return [UnitVersions(environment, unit.card.name).keep(unit) for unit in units]


def validate(environment: Environment, units: Sequence[Unit]) -> list[Validated]:
    """Prepare the dbt projects of units in their versions' folders, and load their definitions as code servers would.

    Raises:
        DeploymentError: one does not load; the line is the first one's.
    """
    for name, error in prepare([unit.project for unit in units]).items():
        raise _refused(name, str(error))
    known = {folder.name for folder in unit_folders(environment.code_locations)}
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        problems = list(pool.map(lambda unit: _problem(environment, unit, known), units))
    for unit, problem in zip(units, problems, strict=True):
        if problem:
            raise _refused(unit.card.name, problem)
    return [Validated(unit, unit.root.name, read_graph(unit.project.graph_file)) for unit in units]


def _refused(unit: str, problem: str) -> DeploymentError:
    return DeploymentError(
        f"{unit} does not load, so nothing was changed: {problem}",
        anchor=None if _names_a_page(problem) else "deployments",
    )


def _names_a_page(problem: str) -> bool:
    return "(docs/errors.md#" in problem


def _problem(environment: Environment, unit: Unit, known: set[str]) -> str:
    """What is wrong with a unit at its version, in one line; empty when it loads."""
    variables = {
        "DATA_PLATFORM_ENVIRONMENT": str(environment.name),
        "DATA_PLATFORM_ROOT": str(environment.root),
        "DATA_PLATFORM_STATE": str(environment.state),
        "DATA_PLATFORM_STORAGE": environment.storage,
    }
    module = "data_platform.deployments.checking_process"
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, str(unit.folder), *sorted(known)],
            cwd=unit.root,  # where its code is imported from
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"it took more than {_SECONDS:.0f} s"
    try:
        return str(json.loads(done.stdout.splitlines()[-1]))
    except (ValueError, IndexError):
        return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
