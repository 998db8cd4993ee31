"""How `dp status` prints."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from data_platform.cli.output import print_rows

if TYPE_CHECKING:
    from data_platform.processes import PlatformStatus, ProcessStatus


def print_status(status: "PlatformStatus", *, as_json: bool) -> None:
    """Print the status for people, or as one JSON object for programs."""
    if as_json:
        print(json.dumps({"healthy": status.healthy, **asdict(status)}, indent=2))
        return
    if status.processes:
        print_rows([_process(process) for process in status.processes], as_json=False)
    if status.locations:
        rows = [{"code location": item.name, "state": item.state, "error": _error(item)} for item in status.locations]
        print_rows(rows, as_json=False)
    if status.database:
        print(f"database  {status.database}{f': {status.database_problem}' if status.database_problem else ''}")
    if status.running:
        print(f"UI        {status.address}")
    if status.problem:
        print(f"problem   {status.problem}")
    print("all is well" if status.healthy else "not healthy")


def _process(process: "ProcessStatus") -> dict[str, Any]:
    restarts = ""
    if process.restarts:
        times = "once" if process.restarts == 1 else f"{process.restarts} times"
        restarts = f"{times}, {_span(process.last_end)} ago"
    return {
        "process": process.name,
        "state": process.state,
        "pid": "" if process.pid is None else str(process.pid),
        "up": _span(process.uptime),
        "memory": "" if process.memory is None else f"{process.memory / 2**20:.0f} MiB",
        "restarted": restarts,
    }


def _error(location: Any) -> str:
    return f"{location.error or ''}{f' ({location.where})' if location.where else ''}"


def _span(seconds: float | None) -> str:
    if seconds is None:
        return ""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
