"""Becoming the process that a container is for."""

import os
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from data_platform.containers.health import CODE_SERVER_PORT, accepts
from data_platform.containers.programs import command_of, location_served_by
from data_platform.environment import Environment
from data_platform.processes.folders import Folders
from data_platform.processes.plan import code_server_name, program_environment
from data_platform.units.versions import ensure_served
from data_platform.units.workspace import GENERIC_LOCATION, location_modules, workspace_of_hosts

_PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.2


def become(name: str, environment: Environment, tell: Callable[[str], None]) -> None:
    """Become a process of the platform; returns only by an error. Signals then reach the process itself.

    A unit's code server serves what was deployed, or what its image holds where nothing was deployed yet. Webserver
    and daemon wait until the code servers answer, a minute at most.

    Args:
        name: of the container's service: `webserver`, `daemon`, or `unit-` and a code location.
        tell: is given a line for each thing that keeps it.

    Raises:
        UsageError: there is no such process.
    """
    modules, folders = location_modules(environment), Folders(environment.state)
    command = command_of(name, environment, modules, folders.workspace)
    folders.run.mkdir(parents=True, exist_ok=True)
    location = location_served_by(name)
    if location is None:
        hosts = {each: code_server_name(each) for each in modules}
        _replace(folders.workspace, workspace_of_hosts(hosts, CODE_SERVER_PORT))
        _wait_for(list(hosts.values()), tell)
    elif location != GENERIC_LOCATION:
        ensure_served(environment, location)
    _exec(command, program_environment(environment))


def _exec(command: Sequence[str], variables: dict[str, str]) -> None:
    os.execve(command[0], list(command), variables)  # noqa: S606 - no shell on purpose


def _wait_for(hosts: Collection[str], tell: Callable[[str], None]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    left = list(hosts)
    while left := [host for host in left if not accepts(host, CODE_SERVER_PORT)]:
        if time.monotonic() > deadline:
            tell(f"going on without {', '.join(left)}")
            return
        time.sleep(_POLL_SECONDS)


def _replace(path: Path, content: str) -> None:
    # process numbers are the same in many containers, and the folder is shared
    fresh = path.with_name(f".{path.name}.{os.uname().nodename}")
    fresh.write_text(content, encoding="utf-8")
    fresh.replace(path)
