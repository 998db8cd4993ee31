"""What the webserver says of the code locations, over its GraphQL API."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from data_platform.processes.load_error import read_load_error

_SECONDS = 10.0
_LOCATIONS = """
{ workspaceOrError {
    ... on PythonError { message }
    ... on Workspace { locationEntries { name loadStatus locationOrLoadError {
      __typename
      ... on PythonError { className message stack causes { className message stack } } } } } } }
"""


@dataclass(frozen=True)
class Location:
    """A code location as the webserver sees it.

    Attributes:
        name: of the location.
        state: `loaded`, `loading`, `failed`, or `unreachable` (its code server does not answer).
        error: why it did not load, one line.
        where: `file:line` of that, if known.
    """

    name: str
    state: str
    error: str | None = None
    where: str | None = None


def code_locations(address: str, root: Path) -> dict[str, Location] | None:
    """All code locations by name; None when the webserver does not answer.

    Args:
        address: of the webserver, as in `http://127.0.0.1:3000`.
        root: the platform repository; places in it are the ones worth naming.
    """
    answer = _ask(address, _LOCATIONS)
    entries = ((answer or {}).get("workspaceOrError") or {}).get("locationEntries")
    if entries is None:
        return None
    return {entry["name"]: _location(entry, root) for entry in entries}


def _location(entry: Mapping[str, Any], root: Path) -> Location:
    found = entry["locationOrLoadError"]
    if entry["loadStatus"] == "LOADING" or found is None:
        return Location(entry["name"], "loading")
    if found["__typename"] != "PythonError":
        return Location(entry["name"], "loaded")
    if any("UserCodeUnreachable" in str(link["className"]) for link in (found, *found["causes"])):
        return Location(entry["name"], "unreachable", "its code server does not answer")
    error, where = read_load_error(found, root)
    return Location(entry["name"], "failed", error, where)


def _ask(address: str, query: str) -> dict[str, Any] | None:
    # no urllib: it would honour a proxy's address in the environment
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        body = json.dumps({"query": query})
        connection.request("POST", "/graphql", body, {"Content-Type": "application/json"})
        answer = json.load(connection.getresponse())
        return answer.get("data") if isinstance(answer, dict) else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
