"""Whether the webserver shows every code location, which takes more than that the containers are healthy."""

import time

from data_platform.environment import Environment
from data_platform.errors import DataPlatformError
from data_platform.processes import PlatformStatus, platform_status

_SECONDS = 60.0  # the webserver looks again every 10 s for a code server that it did not reach
_PAUSE_SECONDS = 1.0


def wait_until_well(environment: Environment, seconds: float = _SECONDS) -> None:
    """Wait until the webserver shows every code location without an error, and the database answers.

    Args:
        seconds: how long.

    Raises:
        DataPlatformError: it does not; the line is about the first problem.
        UsageError: `DATA_PLATFORM_WEBSERVER` is no address of a webserver.
    """
    deadline = time.monotonic() + seconds
    while not (status := platform_status(environment)).healthy:
        if time.monotonic() > deadline:
            raise _problem(status)
        time.sleep(_PAUSE_SECONDS)


def _problem(status: PlatformStatus) -> DataPlatformError:
    for location in status.locations:
        if status.running and location.state != "loaded":
            what = f"{location.name} is {location.state}{f': {location.error}' if location.error else ''}"
            return DataPlatformError(what, where=location.where, fix="see its container's log", anchor="containers")
    if status.database_problem:
        return DataPlatformError(f"the database does not answer: {status.database_problem}", anchor="database")
    return DataPlatformError(
        status.problem or "the platform is not healthy", fix="see `dp status`", anchor="containers"
    )
