"""Building a unit in this process, on the same instance that the platform uses when it is up."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import dagster as dg

from data_platform.gate import LOCATION_TAG, refuse_if_held
from data_platform.instance.dead_runs import end_dead_runs
from data_platform.instance.embedded import EmbeddedPostgres
from data_platform.instance.past_queue import past_queue, refuse_beside_queue
from data_platform.units.build import BuildResult
from data_platform.units.code_location import unit_definitions
from data_platform.units.definitions_error import definitions_error
from data_platform.units.location import JOB
from data_platform.units.unit import Unit


def build_in_process(unit: Unit, result: BuildResult, tags: Mapping[str, str], progress: Callable[[], None]) -> None:
    """Run a unit's build job here and fill in the result. What dbt prints goes to standard error.

    Raises:
        PastQueueError: the platform runs where deployed versions are served; the queue is for that.
        ScopeBusyError: the unit is held.
        KeyboardInterrupt: the run was interrupted; its end is recorded, and the database is stopped.
    """
    started = time.monotonic()
    with _every_end_is_an_interrupt(), database(unit), dg.DagsterInstance.get() as instance, _stdout_to_stderr():
        refuse_beside_queue(instance)
        end_dead_runs(instance)
        refuse_if_held(instance, unit.card.name)
        try:
            job = unit_definitions(unit).resolve_job_def(JOB)
        except Exception as error:  # what Dagster raises for definitions that do not fit together has no common base
            raise definitions_error(error, unit.folder, unit.root) from None
        with past_queue():
            done = job.execute_in_process(
                instance=instance,
                tags={**tags, LOCATION_TAG: unit.card.name},  # a hold waits for it as for a run of the queue
                raise_on_error=False,
                # the summary tells what failed; Dagster's console would tell it by pages of stack traces
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
        result.run_id = done.run_id
        for event in done.all_events:
            _count(event, result)
    if "DagsterExecutionInterruptedError" in result.cause:
        raise KeyboardInterrupt
    result.status = "success" if done.success else "failure"
    result.seconds = time.monotonic() - started
    progress()


@contextmanager
def database(unit: Unit) -> Iterator[None]:
    """The instance's database, started for the time of the command if it is the embedded one and not up."""
    os.environ.setdefault("DAGSTER_HOME", str(unit.environment.dagster_home))
    if os.environ.get("DATA_PLATFORM_POSTGRES_URL"):
        yield
        return
    with EmbeddedPostgres(unit.environment.state).running():
        yield


@contextmanager
def _every_end_is_an_interrupt() -> Iterator[None]:
    """A closed terminal and SIGTERM end the build as Ctrl-C does: with its end recorded, the database stopped."""

    def interrupt(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    numbers = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is signal.SIG_DFL]
    for number in numbers:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    """Standard output stays clean for the summary (`--json`)."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def _count(event: dg.DagsterEvent, result: BuildResult) -> None:
    if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION and event.asset_key:
        rows = event.materialization.metadata.get("dagster/row_count")
        count = rows.value if rows is not None and isinstance(rows.value, int) else None
        result.materialized(event.asset_key.to_user_string(), count)
    elif event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        verdict = event.asset_check_evaluation_data
        result.checked(passed=verdict.passed, severity=verdict.severity.value)
    elif event.event_type == dg.DagsterEventType.STEP_FAILURE:
        error = event.step_failure_data.error
        cause = error.cause if error and error.cause else error
        result.broke(cause.message if cause else event.message or "")
