"""Building a unit through the running platform's queue, by its GraphQL API."""

from collections.abc import Mapping
from typing import Any

from data_platform.units.build import BuildResult
from data_platform.units.graphql import QueueError, Webserver

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
    ... on PythonError { message }
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
          ... on ErrorEvent { error { message cause { message } } }
        }
      }
    }
  }
}
"""

_JOB_TAGS = """
query JobTags($unit: String!, $job: String!) {
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

_BUILT = """
query Built($tags: [ExecutionTag!]!, $statuses: [RunStatus!]!) {
  runsOrError(filter: {tags: $tags, statuses: $statuses}, limit: 1) { __typename ... on Runs { results { runId } } }
}
"""

_BUILT_STATUSES = ["SUCCESS", "QUEUED", "STARTING", "STARTED"]
_ENDED_BY_OTHERS = "marked as failed from outside"


class RunQueue:
    """The queue of a running platform.

    Args:
        address: base address of the webserver, as in `http://127.0.0.1:3000`.
    """

    def __init__(self, address: str) -> None:
        self._webserver = Webserver(address)

    def submit(self, unit: str, job: str, tags: Mapping[str, str]) -> BuildResult:
        """Put a unit's job into the queue.

        Raises:
            QueueError: the platform does not know the job, or does not answer.
        """
        params = {
            "selector": {"repositoryLocationName": unit, "repositoryName": "__repository__", "jobName": job},
            "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
        }
        answer = self._webserver.order(_LAUNCH, {"params": params})["launchRun"]
        if answer["__typename"] != "LaunchRunSuccess":
            errors = answer.get("errors") or [{"message": answer.get("message") or answer["__typename"]}]
            raise QueueError(
                f"the platform refused to build {unit}: {errors[0]['message'].strip().splitlines()[0]}",
                fix="see `dp status` for units that did not load",
                anchor="building",
            )
        return BuildResult(unit, run_id=answer["run"]["runId"])

    def bring_up_to_date(self, unit: str, job: str, tag: str, version: str) -> None:
        """Let a unit's code server load its files anew if the job's tag does not bear this version.

        Raises:
            QueueError: the new version does not load.
        """
        found = self._webserver.ask(_JOB_TAGS, {"unit": unit, "job": job})["pipelineOrError"]
        if {"key": tag, "value": version} in found.get("tags", []):
            return
        answer = self._webserver.order(_RELOAD, {"unit": unit})["reloadRepositoryLocation"]
        loaded = answer.get("locationOrLoadError") or {"__typename": "PythonError", "message": "it is not served"}
        if loaded["__typename"] == "PythonError":
            raise QueueError(
                f"{unit} does not load: {loaded['message'].strip().splitlines()[0]}",
                fix=f"see `dp unit check {unit}`",
                anchor="building",
            )

    def follow(self, result: BuildResult, cursor: str | None) -> str | None:
        """Bring a result up to date; returns the cursor for the next call."""
        more = True
        while more:
            run = self._webserver.ask(_FOLLOW, {"run": result.run_id, "cursor": cursor})["runOrError"]
            if run["__typename"] != "Run":
                why = str(run.get("message") or "it is gone").strip().splitlines()[0]
                raise QueueError(f"nothing is known of run {result.run_id}: {why}", anchor="building")
            for event in run["eventConnection"]["events"]:
                _count(event, result)
            cursor, more = run["eventConnection"]["cursor"], run["eventConnection"]["hasMore"]
        result.status = run["status"].lower()
        if run["startTime"] and run["endTime"]:
            result.seconds = run["endTime"] - run["startTime"]
        return cursor

    def has_been_built(self, tags: Mapping[str, str]) -> bool:
        """Whether a run with these tags has ever ended well, or is at work."""
        wanted = [{"key": key, "value": value} for key, value in tags.items()]
        return bool(
            self._webserver.ask(_BUILT, {"tags": wanted, "statuses": _BUILT_STATUSES})["runsOrError"].get("results")
        )


def _count(event: Mapping[str, Any], result: BuildResult) -> None:
    kind = event["__typename"]
    if kind == "MaterializationEvent":
        rows = [entry.get("intValue") for entry in event["metadataEntries"] if entry["label"] == "dagster/row_count"]
        result.materialized("/".join(event["assetKey"]["path"]), rows[0] if rows else None)
    elif kind == "AssetCheckEvaluationEvent":
        verdict = event["evaluation"]
        result.checked(passed=verdict["success"], severity=verdict["severity"])
    elif kind in {"EngineEvent", "ExecutionStepFailureEvent", "RunFailureEvent"}:
        error = event.get("error") or {}
        said = (error.get("cause") or {}).get("message") or error.get("message") or event.get("message") or ""
        if kind == "EngineEvent":
            result.hint = said
        else:
            # a run that others end says nothing of its own; the event before it does
            result.broke(result.hint if result.hint and _ENDED_BY_OTHERS in said else said)
