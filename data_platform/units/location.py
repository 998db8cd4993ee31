"""A unit's code location on the running platform: what it serves, loading it anew, launching its jobs."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data_platform.instance.code_server.taking_over import CodeServerAddress
from data_platform.units.graphql import UNREACHABLE, Webserver

JOB = "build"  # builds the whole unit
VERSION_TAG = "data_platform/version"  # of that job: the version of the unit's code
REPOSITORY = "__repository__"  # how Dagster names what `Definitions` makes

_TAGS = """
query Tags($unit: String!, $repository: String!, $job: String!) {
  pipelineOrError(params: {repositoryLocationName: $unit, repositoryName: $repository, pipelineName: $job}) {
    __typename
    ... on Pipeline { tags { key value } }
  }
}
"""

_ADDRESS = """
query Address($unit: String!) {
  workspaceLocationEntryOrError(name: $unit) { ... on WorkspaceLocationEntry { displayMetadata { key value } } }
}
"""

_RELOAD = """
mutation Reload($unit: String!) {
  reloadRepositoryLocation(repositoryLocationName: $unit) {
    __typename
    ... on WorkspaceLocationEntry {
      locationOrLoadError { __typename ... on PythonError { message causes { message } } }
    }
  }
}
"""

_LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on PipelineNotFoundError { message }
    ... on UnauthorizedError { message }
    ... on InvalidSubsetError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""

_LAUNCHED = """
query Launched($tags: [ExecutionTag!]!) {
  runsOrError(filter: {tags: $tags}) { ... on Runs { results { runId status } } }
}
"""

# what Dagster says of a code server that is away, or goes in the middle of an answer
_AWAY = (UNREACHABLE, "gRPC Error code: UNAVAILABLE", "StatusCode.UNAVAILABLE")
_PAUSE_SECONDS = 0.5


class RefusedError(Exception):
    """The platform refused something; the message is its reason, in one line. Callers say what for."""


def served_version(webserver: Webserver, unit: str) -> str | None:
    """The version of a unit that is served; None when it does not load, or there is no such code location.

    Raises:
        QueueError: the platform does not answer.
    """
    asked = {"unit": unit, "repository": REPOSITORY, "job": JOB}
    found: dict[str, Any] = webserver.ask(_TAGS, asked)["pipelineOrError"]
    return next((str(tag["value"]) for tag in found.get("tags", []) if tag["key"] == VERSION_TAG), None)


def code_server_address(webserver: Webserver, unit: str) -> CodeServerAddress | None:
    """Where the webserver finds a unit's code server; None when there is no such code location.

    Raises:
        QueueError: the platform does not answer.
    """
    entry = webserver.ask(_ADDRESS, {"unit": unit})["workspaceLocationEntryOrError"] or {}
    known = {item["key"]: item["value"] for item in entry.get("displayMetadata", [])}
    if "socket" in known:
        return CodeServerAddress(socket=Path(known["socket"]))
    if "port" in known:
        return CodeServerAddress(host=known["host"], port=int(known["port"]))
    return None


def reload_location(webserver: Webserver, unit: str) -> None:
    """Have a unit's code server load its files anew; patient while that, or the webserver, is being started again.

    Raises:
        RefusedError: they do not load, or the code server stays away.
        QueueError: the platform does not answer.
    """
    deadline = time.monotonic() + webserver.patience
    while True:
        # `ask`: to load twice does no harm
        answer = webserver.ask(_RELOAD, {"unit": unit})["reloadRepositoryLocation"]
        loaded = answer.get("locationOrLoadError") or {"__typename": "PythonError", "message": "it is not served"}
        if loaded["__typename"] != "PythonError":
            return
        if not any(sign in str(loaded["message"]) for sign in _AWAY):
            # what Dagster says of it comes first, the cause last
            raise RefusedError(_first_line([loaded, *loaded.get("causes", ())][-1]["message"]))
        if time.monotonic() > deadline:
            raise RefusedError("its code server does not answer, as `dp status` and its log tell")
        time.sleep(_PAUSE_SECONDS)


def launch(
    webserver: Webserver,
    unit: str,
    job: str,
    tags: Mapping[str, str],
    assets: list[list[str]] | None = None,
    *,
    unique: str | None = None,
) -> str:
    """Put a run of a job into the queue; returns its id.

    Args:
        assets: keys of the job's assets, for less than all.
        unique: key of a tag whose value no other run has. By it the run is found again when the webserver dies before
            it has answered; without one it cannot be told whether there is a run, which is an error.

    Raises:
        RefusedError: the job is not known, or not to be run so.
        QueueError: the platform does not answer.
    """
    selector: dict[str, Any] = {"repositoryLocationName": unit, "repositoryName": REPOSITORY, "jobName": job}
    if assets:
        selector["assetSelection"] = [{"path": key} for key in assets]
    listed = [{"key": key, "value": value} for key, value in tags.items()]
    params = {"selector": selector, "executionMetadata": {"tags": listed}}

    def launched() -> dict[str, Any] | None:
        only = [{"key": unique, "value": tags[str(unique)]}]
        runs = webserver.ask(_LAUNCHED, {"tags": only})["runsOrError"].get("results", [])
        # one that was made and not submitted will never start
        found = [run for run in runs if run["status"] != "NOT_STARTED"]
        return {"launchRun": {"__typename": "LaunchRunSuccess", "run": found[0]}} if found else None

    answer = webserver.order(_LAUNCH, {"params": params}, launched if unique else None)["launchRun"]
    if answer["__typename"] != "LaunchRunSuccess":
        errors = answer.get("errors") or [{"message": answer.get("message") or answer["__typename"]}]
        raise RefusedError(_first_line(errors[0]["message"]))
    return str(answer["run"]["runId"])


def _first_line(message: object) -> str:
    return (str(message).strip().splitlines() or ["no reason given"])[0]
