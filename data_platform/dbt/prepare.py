"""Preparing dbt projects: parse them once, keep the slim graph, and make it anew only when a file changed."""

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from data_platform.dbt.graph import DbtGraph, read_graph
from data_platform.dbt.profile import dbt_flags, write_profile
from data_platform.dbt.project import DbtError, DbtProject


def prepared(project: DbtProject) -> DbtGraph:
    """The project's graph, prepared now if there is none or a file changed since.

    Raises:
        DbtError: the project does not exist, does not parse, or its graph is corrupt.
    """
    project.settings()
    fingerprint = project.fingerprint()
    try:
        graph = read_graph(project.graph_file)
    except FileNotFoundError:
        graph = None
    if graph is None or graph.fingerprint != fingerprint:
        errors = prepare([project])
        if errors:
            raise errors[project.unit]
        graph = read_graph(project.graph_file)
    return graph


def prepare(projects: Sequence[DbtProject], *, always: bool = False) -> dict[str, DbtError]:
    """Prepare those of the projects that need it, in one process (loading dbt takes longer than parsing).

    Args:
        projects: of any units.
        always: prepare again what is up to date, too.

    Returns:
        What went wrong, by unit; a project that fails never stops the others.
    """
    errors: dict[str, DbtError] = {}
    specs = []
    with ExitStack() as locks:
        # in one order everywhere: two commands that wait for each other's locks would wait for ever
        for project in sorted({project.unit: project for project in projects}.values(), key=lambda found: found.unit):
            try:
                project.settings()
                project.work.mkdir(parents=True, exist_ok=True)
                locks.enter_context(_lock(project))
                fingerprint = project.fingerprint()
                if always or not _is_current(project, fingerprint):
                    write_profile(project)
                    specs.append(_spec(project, fingerprint))
            except DbtError as error:
                errors[project.unit] = error
        if specs:
            failed = _compile(specs)
            errors |= {project.unit: failed[project.unit](project) for project in projects if project.unit in failed}
    return errors


def _is_current(project: DbtProject, fingerprint: str) -> bool:
    try:
        return read_graph(project.graph_file).fingerprint == fingerprint
    except (FileNotFoundError, DbtError):
        return False


def _spec(project: DbtProject, fingerprint: str) -> dict[str, object]:
    return {
        "unit": project.unit,
        "folder": str(project.folder),
        "flags": dbt_flags(project),
        "work": str(project.work),
        "target": str(project.target),
        "graph": str(project.graph_file),
        "fingerprint": fingerprint,
    }


class _Failure:
    """What the compiler said of one project."""

    def __init__(self, message: str, path: str | None = None, line: int | None = None) -> None:
        self.message, self.path, self.line = message, path, line

    def __call__(self, project: DbtProject) -> DbtError:
        where = project.shown / self.path if self.path and (project.folder / self.path).exists() else project.shown
        return DbtError(
            f"the dbt project does not parse: {self.message}",
            where=where,
            line=self.line if self.path else None,
            fix=_fix(self.message, project.shown),
            anchor="dbt-projects",
        )


def _compile(specs: list[dict[str, object]]) -> dict[str, _Failure]:
    done = subprocess.run(
        [sys.executable, "-m", "data_platform.dbt.compiler"],
        input=json.dumps(specs),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "ignore:resource_tracker"},
    )
    answers = {}
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            answer = json.loads(line)
            answers[answer["unit"]] = answer["error"]
    failures = {unit: _Failure(**error) for unit, error in answers.items() if error}
    for spec in specs:
        if spec["unit"] not in answers:
            failures[str(spec["unit"])] = _Failure(_ending(done))
    return failures


def _ending(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode < 0:
        return f"the process that prepares it was ended by {signal.Signals(-done.returncode).name}"
    last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
    return f"the process that prepares it ended early: {last[0]}"


def _fix(message: str, folder: Path) -> str:
    if variable := re.search(r"Env var required but not provided: '(\w+)'", message):
        return f"set the environment variable {variable.group(1)}, or give env_var() a default"
    if 'Run "dbt deps"' in message:
        return f"run `dbt deps` in {folder}"
    return f"try `dbt parse` in {folder}"


@contextmanager
def _lock(project: DbtProject) -> Iterator[None]:
    """One process prepares a project at a time."""
    with (project.work / ".prepare.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
