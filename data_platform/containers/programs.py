"""Which process a container is, and what it runs. Pure: decides, starts nothing."""

import sys
from collections.abc import Mapping
from pathlib import Path

from data_platform.containers.health import CODE_SERVER_PORT, WEBSERVER_PORT
from data_platform.environment import Environment
from data_platform.errors import UsageError
from data_platform.processes.plan import CODE_SERVER_PREFIX, DAEMON, WEBSERVER
from data_platform.units.versions import UnitVersions
from data_platform.units.workspace import GENERIC_LOCATION


def location_served_by(name: str) -> str | None:
    """The code location of a code server's container; None for the other containers.

    Args:
        name: of the container's service, which is also the program's name on one machine: `unit-fleet`.
    """
    return name.removeprefix(CODE_SERVER_PREFIX) if name.startswith(CODE_SERVER_PREFIX) else None


def command_of(name: str, environment: Environment, modules: Mapping[str, str], workspace: Path) -> tuple[str, ...]:
    """What a container runs.

    Args:
        name: of its service: `webserver`, `daemon`, or `unit-` and a code location.
        environment: of the platform.
        modules: Python module of every code location, by its name.
        workspace: path of the workspace file.

    Raises:
        UsageError: there is no such process.
    """
    programs = Path(sys.executable).parent
    if name == WEBSERVER:
        address = ("--host", "0.0.0.0", "--port", str(WEBSERVER_PORT))  # noqa: S104 (the container's own network)
        return (str(programs / "dagster-webserver"), *address, "--workspace", str(workspace))
    if name == DAEMON:
        return (str(programs / "dagster-daemon"), "run", "--workspace", str(workspace))
    location = location_served_by(name)
    if location is None or location not in modules:
        known = [WEBSERVER, DAEMON, *(f"{CODE_SERVER_PREFIX}{each}" for each in modules)]
        raise UsageError(f"there is no container {name!r}", fix=f"use one of: {', '.join(known)}", anchor="containers")
    # the path of the link, not what it names: it is followed anew by each reload, run and step
    code = environment.root if location == GENERIC_LOCATION else UnitVersions(environment, location).current
    return (
        *(sys.executable, "-m", "data_platform.instance.code_server"),
        *("--module-name", modules[location], "--location-name", location, "--working-directory", str(code)),
        *("--host", "0.0.0.0", "--port", str(CODE_SERVER_PORT)),  # noqa: S104 (the container's own network)
    )
