"""What the running platform serves of a unit, and having it load what is on disk; by the webserver's GraphQL API."""

from typing import Any

from data_platform.deployments.errors import DeploymentError
from data_platform.units.graphql import Webserver

# `units.schedules` says the same, and imports Dagster
JOB, VERSION_TAG = "build", "data_platform/version"

_VERSION = """
query Version($unit: String!, $job: String!) {
  pipelineOrError(params: {repositoryLocationName: $unit, repositoryName: "__repository__", pipelineName: $job}) {
    __typename
    ... on Pipeline { tags { key value } }
  }
}
"""

_RELOAD = """
mutation Reload($unit: String!) {
  reloadRepositoryLocation(repositoryLocationName: $unit) {
    __typename
    ... on WorkspaceLocationEntry { locationOrLoadError { __typename ... on PythonError { message } } }
  }
}
"""


_KNOWN = "{ workspaceOrError { ... on Workspace { locationEntries { name } } } }"


def known_locations(webserver: Webserver) -> set[str]:
    """The code locations of the running platform, whether they load or not.

    Raises:
        QueueError: the platform does not answer.
    """
    return {str(entry["name"]) for entry in webserver.ask(_KNOWN, {})["workspaceOrError"].get("locationEntries", [])}


def served_version(webserver: Webserver, unit: str) -> str | None:
    """The version of a unit that is served; None when it does not load, or there is no such code location.

    Raises:
        QueueError: the platform does not answer.
    """
    found: dict[str, Any] = webserver.ask(_VERSION, {"unit": unit, "job": JOB})["pipelineOrError"]
    return next((str(tag["value"]) for tag in found.get("tags", []) if tag["key"] == VERSION_TAG), None)


def load_anew(webserver: Webserver, unit: str, version: str) -> None:
    """Have a unit's code server load what is on disk, and make sure that it serves this version then.

    Raises:
        DeploymentError: it does not load, or serves another version.
        QueueError: the platform does not answer.
    """
    answer = webserver.order(_RELOAD, {"unit": unit})["reloadRepositoryLocation"]
    loaded = answer.get("locationOrLoadError") or {"__typename": "PythonError", "message": "it is not served"}
    if loaded["__typename"] == "PythonError":
        reason = (str(loaded["message"]).strip().splitlines() or ["no reason given"])[0]
        raise DeploymentError(
            f"{unit} does not load: {reason}", fix=f"see `dp unit check {unit}`", anchor="deployments"
        )
    if (found := served_version(webserver, unit)) != version:
        raise DeploymentError(
            f"{unit} serves version {found or '(none)'} instead of {version}",
            fix="its files were changed during the deployment: deploy again",
            anchor="deployments",
        )
