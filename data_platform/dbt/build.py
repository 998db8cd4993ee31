"""Running `dbt build` for a project and following it node by node."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from data_platform.dbt.profile import dbt_flags, write_profile
from data_platform.dbt.project import DbtError, DbtProject

# dbt is asked twice: a query that begins just after it was to be cancelled would go on
PATIENCE_SECONDS = (5, 20)
_LAST_SECONDS = 5


@dataclass(frozen=True)
class NodeResult:
    """What became of one node.

    Attributes:
        id: dbt's unique id.
        status: dbt's word: `success`, `pass`, `warn`, `fail`, `error`, `skipped`, `partial success`…
        seconds: wall time of the node.
        message: dbt's message, one line.
        failures: rows that a test found, or None.
        rows: rows of the table afterwards, or None.
        columns: [name, type] of each column of the table.
    """

    id: str
    status: str
    seconds: float
    message: str
    failures: int | None = None
    rows: int | None = None
    columns: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class BatchRange:
    """Time range that microbatch models are built for: ISO timestamps, end exclusive."""

    start: str
    end: str


def build(
    project: DbtProject,
    *,
    command: Literal["build", "test"] = "build",
    select: Sequence[str] = (),
    batches: BatchRange | None = None,
    full_refresh: bool = False,
) -> Iterator[NodeResult]:
    """Run `dbt build` and yield each node's result as it finishes.

    Closing the generator early stops dbt.

    Args:
        project: the prepared project.
        command: `build`, or `test` for tests alone (`dbt build` runs a unit test only together with its model).
        select: dbt selectors; none means everything.
        batches: range for microbatch models; none lets dbt find the batches itself.
        full_refresh: rebuild incremental models from nothing.

    Raises:
        DbtError: dbt could not run at all. Nodes that fail are results, not errors.
    """
    arguments = _arguments(project, command, select, batches, full_refresh)
    duckdb_file = (
        str(project.environment.duckdb_file(project.unit)) if project.environment.warehouse == "duckdb" else ""
    )
    read_end, write_end = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "data_platform.dbt.runner", str(write_end), duckdb_file, *arguments],
        stdin=subprocess.PIPE,  # ends when this process ends, however it ends
        process_group=0,  # Ctrl-C in a terminal is for this process, which then stops dbt in order
        pass_fds=[write_end],
        env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "PYTHONWARNINGS": "ignore:resource_tracker"},
    )
    os.close(write_end)
    failure: dict[str, Any] | None = None
    try:
        with os.fdopen(read_end) as events:
            for line in events:
                if not line.endswith("\n"):
                    break  # dbt's process ended in the middle of it
                event: dict[str, Any] = json.loads(line)
                if "error" in event:
                    failure = event
                else:
                    yield NodeResult(**event)
        process.wait()
    finally:
        _stop(process)
    if process.returncode not in {0, 1}:
        raise _failed(project, failure or {"error": _ending(process.returncode)})


def _failed(project: DbtProject, failure: dict[str, Any]) -> DbtError:
    what = " ".join(failure["error"].split())[:400]
    if failure.get("anchor"):  # an error of the platform's own, which says everything
        return DbtError(what, **{name: failure[name] for name in ("where", "fix", "anchor")})
    return DbtError(f"dbt could not run: {what}", where=project.shown, anchor="dbt-projects")


def _ending(code: int) -> str:
    if code == -signal.SIGKILL:
        return "its process was killed, as happens when memory runs out"
    return f"its process was ended by {signal.Signals(-code).name}" if code < 0 else f"it ended with exit code {code}"


def _arguments(
    project: DbtProject, command: str, select: Sequence[str], batches: BatchRange | None, full_refresh: bool
) -> list[str]:
    write_profile(project)
    arguments = [command, *dbt_flags(project), "--log-level-file", "warn"]
    if select:
        # exactly the tests that were chosen, not those that dbt would add
        arguments += ["--indirect-selection", "empty", "--select", *select]
    if batches and command == "build":
        arguments += ["--event-time-start", batches.start, "--event-time-end", batches.end]
    if full_refresh and command == "build":
        arguments.append("--full-refresh")
    return arguments


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Have dbt stop itself (it rolls back what is open), then insist."""
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(sum(PATIENCE_SECONDS) + _LAST_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
