"""Smoke runs: a job or an asset of a new version, run in spite of the hold, before anybody else's runs."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from data_platform.dbt.graph import DbtGraph
from data_platform.deployments.errors import DeploymentError
from data_platform.errors import UsageError
from data_platform.gate import TICKET_TAG
from data_platform.units.build import BuildResult
from data_platform.units.graphql import QueueError, Webserver
from data_platform.units.location import RefusedError, launch
from data_platform.units.queue import RunQueue

_POLL_SECONDS = 0.5
_STOP_SECONDS = 60.0
_LEFT = """
query Left($runs: [String!]!) {
  runsOrError(filter: {runIds: $runs, statuses: [QUEUED, STARTING, STARTED, CANCELING]}) {
    ... on Runs { results { runId } }
  }
}
"""
_TERMINATE = "mutation End($run: String!) { terminateRun(runId: $run) { __typename } }"


@dataclass(frozen=True)
class Smoke:
    """What is run to see that a new version works: a job, or one asset.

    Attributes:
        unit: whose.
        job: its name; None for an asset.
        asset: its key; None for a job.
    """

    unit: str
    job: str | None = None
    asset: str | None = None

    def __str__(self) -> str:
        return self.asset or f"{self.unit}:{self.job}"


def read_smoke(text: str) -> Smoke:
    """From `unit:job`, or an asset's key `unit/layer/name`.

    Raises:
        UsageError: it is neither.
    """
    unit, colon, job = text.partition(":")
    if colon and unit and job and "/" not in text:
        return Smoke(unit, job=job)
    parts = text.split("/")
    if not colon and len(parts) > 1 and all(parts):
        return Smoke(parts[0], asset=text)
    raise UsageError(
        f"{text!r} is neither a job nor an asset", fix="write fleet:build or fleet/marts/aircraft", anchor="deployments"
    )


def run_smoke(
    address: str, smoke: Smoke, graph: DbtGraph, tags: Mapping[str, str], *, seconds: float, fence: Callable[[], None]
) -> str:
    """Run it to its end; returns the run's id.

    Args:
        address: of the webserver.
        graph: of the unit's dbt project; partitioned models are built for the last partition.
        tags: that exempt this one run from the hold.
        seconds: how long it may take; then it is stopped.
        fence: raises when the deployment must not go on.

    Raises:
        DeploymentError: it cannot start, fails, or takes too long.
        QueueError: the platform does not answer.
    """
    webserver, queue = Webserver(address), RunQueue(address)
    result = BuildResult(smoke.unit, run_id=_launch(webserver, smoke, {**tags, **_partition(smoke, graph)}))
    cursor, deadline = None, time.monotonic() + seconds
    try:
        while not result.ended:
            fence()
            if time.monotonic() > deadline:
                raise _failed(smoke, f"did not end within {seconds:.0f} s", result.run_id)
            time.sleep(_POLL_SECONDS)
            cursor = queue.follow(result, cursor)
    except BaseException:  # also an interrupt: nobody would look after the run
        stop_runs(webserver, [result.run_id])
        raise
    if not result.succeeded:
        raise _failed(smoke, f"ended with {result.status}: {result.cause or 'no reason given'}", result.run_id)
    return result.run_id


def stop_runs(webserver: Webserver, run_ids: Sequence[str]) -> None:
    """Stop runs, and wait until they have ended, a minute at most: what they work on may be taken back next."""
    deadline = time.monotonic() + _STOP_SECONDS
    with suppress(QueueError):  # who stops them has a reason of his own, which counts more
        for run_id in run_ids:
            webserver.order(_TERMINATE, {"run": run_id})
        while time.monotonic() < deadline:
            found = webserver.ask(_LEFT, {"runs": list(run_ids)})["runsOrError"].get("results", [])
            if not found:
                return
            time.sleep(_POLL_SECONDS)


def _failed(smoke: Smoke, why: str, run_id: str) -> DeploymentError:
    return DeploymentError(f"the smoke run of {smoke} {why}", where=f"run {run_id}", anchor="deployments")


def _partition(smoke: Smoke, graph: DbtGraph) -> dict[str, str]:
    from data_platform.units.schedules import partition_tags

    batches = {model.key: model.batches for model in graph.models}
    return {} if smoke.asset and not batches.get(smoke.asset) else partition_tags(graph, latest=1)


def _launch(webserver: Webserver, smoke: Smoke, tags: Mapping[str, str]) -> str:
    assets = [smoke.asset.split("/")] if smoke.asset else None
    try:
        return launch(webserver, smoke.unit, smoke.job or "__ASSET_JOB", tags, assets, unique=TICKET_TAG)
    except RefusedError as error:
        raise DeploymentError(f"the smoke run of {smoke} is refused: {error}", anchor="deployments") from None
