"""What the code locations of these tests hold: one job for each way in which Dagster starts or repeats work."""

import json
import os
import signal
import time
import urllib.request
from pathlib import Path

import dagster as dg


def _seconds(context: dg.OpExecutionContext) -> float:
    return float(context.run.tags.get("seconds", "0"))


@dg.op
def greet(context: dg.OpExecutionContext) -> None:
    time.sleep(_seconds(context))


@dg.op
def wait_for_file(context: dg.OpExecutionContext) -> None:
    path = Path(context.run.tags["file"])
    while not path.exists():
        time.sleep(0.05)


@dg.op(retry_policy=dg.RetryPolicy(max_retries=1, delay=2))
def fail_once(context: dg.OpExecutionContext) -> None:
    if context.retry_number == 0:
        raise ValueError("the first attempt fails")


@dg.op
def die(context: dg.OpExecutionContext) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dg.op
def start_and_wait(context: dg.OpExecutionContext) -> None:
    """Start the run of another job, say who waits for it, and wait for its end."""
    time.sleep(_seconds(context))
    tags = {} if context.run.tags.get("silent") else {"data_platform/parent_run": context.run_id}
    child = launch(os.environ["GATE_TEST_GRAPHQL"], context.run.tags["dagster/code_location"], "greeting", tags)
    while (status := _status(child)) not in ("SUCCESS", "FAILURE", "CANCELED"):
        time.sleep(0.2)
    assert status == "SUCCESS"


@dg.job(executor_def=dg.in_process_executor)
def greeting() -> None:
    greet()


@dg.job(executor_def=dg.in_process_executor)
def waiting() -> None:
    wait_for_file()


@dg.job(executor_def=dg.in_process_executor)
def retrying_op() -> None:
    fail_once()


@dg.job(executor_def=dg.in_process_executor, tags={"dagster/max_retries": "1"})
def dying() -> None:
    die()


@dg.job(executor_def=dg.in_process_executor)
def parent() -> None:
    start_and_wait()


@dg.sensor(job=greeting, minimum_interval_seconds=1)
def always(context: dg.SensorEvaluationContext) -> dg.RunRequest:
    return dg.RunRequest(run_key="once")


every_minute = dg.ScheduleDefinition(name="every_minute", job=greeting, cron_schedule="* * * * *")

defs = dg.Definitions(
    jobs=[greeting, waiting, retrying_op, dying, parent],
    sensors=[always],
    schedules=[every_minute],
)


def launch(address: str, location: str, job: str, tags: dict[str, str], **metadata: str) -> str:
    """Put a run of a job into the queue by GraphQL."""
    params = {
        "selector": {"repositoryLocationName": location, "repositoryName": "__repository__", "jobName": job},
        "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()], **metadata},
    }
    answer = ask(address, _LAUNCH, params=params)["launchRun"]
    assert "run" in answer, answer
    return str(answer["run"]["runId"])


def ask(address: str, query: str, **variables: object) -> dict:  # type: ignore[type-arg]
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        found: dict = json.load(answer)  # type: ignore[type-arg]
    assert not found.get("errors"), found
    return found["data"]  # type: ignore[no-any-return]


def _status(run_id: str) -> str:
    query = "query($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"
    return str(ask(os.environ["GATE_TEST_GRAPHQL"], query, run=run_id)["runOrError"]["status"])


_LAUNCH = """
mutation($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""
