"""Whether the webserver shows every code location, which takes more than that the containers are healthy."""

import time
from collections.abc import Collection

from data_platform.errors import DataPlatformError
from data_platform.units.graphql import Webserver

_LOCATIONS = """
{ workspaceOrError { ... on Workspace { locationEntries { name loadStatus locationOrLoadError {
    __typename ... on PythonError { message causes { message } } } } } } }
"""
_SECONDS = 60.0  # the webserver looks again every 10 s for a code server that it did not reach
_PAUSE_SECONDS = 1.0


def wait_until_shown(webserver: Webserver, names: Collection[str], seconds: float = _SECONDS) -> None:
    """Wait until the webserver shows these code locations without an error.

    Args:
        seconds: how long.

    Raises:
        DataPlatformError: it does not; the line is about the first one.
        QueueError: the webserver does not answer.
    """
    deadline = time.monotonic() + seconds
    while problems := _problems(webserver, names):
        if time.monotonic() > deadline:
            raise DataPlatformError(problems[0], fix="see its container's log", anchor="containers")
        time.sleep(_PAUSE_SECONDS)


def _problems(webserver: Webserver, names: Collection[str]) -> list[str]:
    entries = webserver.ask(_LOCATIONS, {})["workspaceOrError"].get("locationEntries", [])
    shown = {entry["name"]: entry for entry in entries}
    problems = [f"{name} is not served" for name in sorted(names) if name not in shown]
    for name, entry in shown.items():
        found = entry["locationOrLoadError"]
        if entry["loadStatus"] == "LOADING" or found is None:
            problems.append(f"{name} is still being loaded")
        elif found["__typename"] == "PythonError":
            cause = [found, *found["causes"]][-1]["message"].strip().splitlines() or ["no reason given"]
            problems.append(f"{name} does not load: {cause[0]}")
    return problems
