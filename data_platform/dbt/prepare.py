"""Preparing dbt projects: parse them once, keep the slim graph, and make it anew only when a file changed."""

import fcntl
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from data_platform.dbt.graph import DbtGraph, read_graph
from data_platform.dbt.profile import write_profile
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
        for project in projects:
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


def _spec(project: DbtProject, fingerprint: str) -> dict[str, str]:
    return {
        "unit": project.unit,
        "folder": str(project.folder),
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
            fix=f"try `dbt parse` in {project.shown}",
            anchor="dbt-projects",
        )


def _compile(specs: list[dict[str, str]]) -> dict[str, _Failure]:
    done = subprocess.run(
        [sys.executable, "-m", "data_platform.dbt.compiler"],
        input=json.dumps(specs),
        capture_output=True,
        text=True,
        check=False,
    )
    answers = {}
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            answer = json.loads(line)
            answers[answer["unit"]] = answer["error"]
    failures = {unit: _Failure(**error) for unit, error in answers.items() if error}
    for spec in specs:
        if spec["unit"] not in answers:
            last = done.stderr.strip().splitlines()[-1:] or [f"dbt ended with exit code {done.returncode}"]
            failures[spec["unit"]] = _Failure(last[0])
    return failures


@contextmanager
def _lock(project: DbtProject) -> Iterator[None]:
    """One process prepares a project at a time."""
    with (project.work / ".prepare.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
