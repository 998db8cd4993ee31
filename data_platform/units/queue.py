"""Building a unit through the running platform's queue, by its GraphQL API."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from data_platform.errors import DataPlatformError
from data_platform.units.build import BuildResult

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

_FOLLOW = """
query Follow($run: ID!, $cursor: String) {
  runOrError(runId: $run) {
    __typename
    ... on Run {
      status startTime endTime
      eventConnection(afterCursor: $cursor) {
        cursor hasMore
        events {
          __typename
          ... on MessageEvent { message }
          ... on MaterializationEvent {
            assetKey { path } metadataEntries { label ... on IntMetadataEntry { intValue } }
          }
          ... on AssetCheckEvaluationEvent { evaluation { success severity } }
          ... on ExecutionStepFailureEvent { error { message cause { message } } }
          ... on RunFailureEvent { error { message } }
        }
      }
    }
  }
}
"""

_SUCCEEDED = """
query Succeeded($tags: [ExecutionTag!]!) {
  runsOrError(filter: {tags: $tags, statuses: [SUCCESS]}, limit: 1) { __typename ... on Runs { results { runId } } }
}
"""


class QueueError(DataPlatformError):
    """The running platform refused a build, or does not answer."""


class RunQueue:
    """The queue of a running platform.

    Args:
        address: base address of the webserver, as in `http://127.0.0.1:3000`.
    """

    def __init__(self, address: str) -> None:
        self.address = address

    def submit(self, unit: str, job: str, tags: Mapping[str, str]) -> BuildResult:
        """Put a unit's job into the queue.

        Raises:
            QueueError: the platform does not know the job, or does not answer.
        """
        params = {
            "selector": {"repositoryLocationName": unit, "repositoryName": "__repository__", "jobName": job},
            "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
        }
        answer = self.ask(_LAUNCH, {"params": params})["launchRun"]
        if answer["__typename"] != "LaunchRunSuccess":
            errors = answer.get("errors") or [{"message": answer.get("message") or answer["__typename"]}]
            raise QueueError(
                f"the platform refused to build {unit}: {errors[0]['message'].strip().splitlines()[0]}",
                fix="see `dp status` for units that did not load",
                anchor="building",
            )
        return BuildResult(unit, run_id=answer["run"]["runId"])

    def follow(self, result: BuildResult, cursor: str | None) -> str | None:
        """Bring a result up to date; returns the cursor for the next call."""
        more = True
        while more:
            run = self.ask(_FOLLOW, {"run": result.run_id, "cursor": cursor})["runOrError"]
            if run["__typename"] != "Run":
                raise QueueError(f"run {result.run_id} is gone", anchor="building")
            for event in run["eventConnection"]["events"]:
                _count(event, result)
            cursor, more = run["eventConnection"]["cursor"], run["eventConnection"]["hasMore"]
        result.status = run["status"].lower()
        if run["startTime"] and run["endTime"]:
            result.seconds = run["endTime"] - run["startTime"]
        return cursor

    def has_succeeded(self, tags: Mapping[str, str]) -> bool:
        """Whether a run with these tags has ever ended well."""
        wanted = [{"key": key, "value": value} for key, value in tags.items()]
        return bool(self.ask(_SUCCEEDED, {"tags": wanted})["runsOrError"].get("results"))

    def ask(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Ask the GraphQL API.

        Raises:
            QueueError: no answer, or an error.
        """
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(  # noqa: S310 (our own address)
            f"{self.address}/graphql", body, {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
                answer = json.load(response)
        except (urllib.error.URLError, OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise QueueError(
                f"the platform at {self.address} does not answer ({reason})", fix="see `dp status`", anchor="building"
            ) from None
        if answer.get("errors"):
            raise QueueError(f"the platform answered: {answer['errors'][0]['message']}", anchor="building")
        data: dict[str, Any] = answer["data"]
        return data


def _count(event: Mapping[str, Any], result: BuildResult) -> None:
    kind = event["__typename"]
    if kind == "MaterializationEvent":
        rows = [entry.get("intValue") for entry in event["metadataEntries"] if entry["label"] == "dagster/row_count"]
        result.materialized("/".join(event["assetKey"]["path"]), rows[0] if rows else None)
    elif kind == "AssetCheckEvaluationEvent":
        verdict = event["evaluation"]
        result.checked(passed=verdict["success"], severity=verdict["severity"])
    elif kind in {"ExecutionStepFailureEvent", "RunFailureEvent"}:
        error = event.get("error") or {}
        cause = (error.get("cause") or {}).get("message") or error.get("message") or event.get("message") or ""
        result.broke(cause)
