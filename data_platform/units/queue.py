"""Building a unit through the running platform's queue, by its GraphQL API."""

from collections.abc import Mapping
from typing import Any

from data_platform.units.build import BuildResult
from data_platform.units.graphql import QueueError, Webserver
from data_platform.units.location import RefusedError, launch, reload_location, served_version

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
        try:
            return BuildResult(unit, run_id=launch(self._webserver, unit, job, tags))
        except RefusedError as error:
            raise QueueError(
                f"the platform refused to build {unit}: {error}",
                fix="see `dp status` for units that did not load",
                anchor="building",
            ) from None

    def bring_up_to_date(self, unit: str, version: str) -> None:
        """Let a unit's code server load its files anew if it does not serve this version.

        Raises:
            QueueError: the new version does not load.
        """
        if served_version(self._webserver, unit) == version:
            return
        try:
            reload_location(self._webserver, unit)
        except RefusedError as error:
            raise QueueError(
                f"{unit} does not load: {error}", fix=f"see `dp unit check {unit}`", anchor="building"
            ) from None

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
