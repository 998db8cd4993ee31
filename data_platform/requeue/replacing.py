"""Cancelling a run in the queue, and putting another in its place: all of it in one transaction, or nothing."""

import time
from collections.abc import Callable
from typing import Any

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, MetadataValue, RunsFilter
from sqlalchemy import text
from sqlalchemy.engine import Connection

from data_platform.gate import GateError, HoldLostError, Holds
from data_platform.requeue.fate import Successor
from data_platform.requeue.private import EngineEventData, SubmitRunContext, serialize_value
from data_platform.requeue.tags import (
    AS_TAG,
    BACKFILL_TAG,
    BACKFILL_TAGS,
    FROM_TAG,
    WAS_IN_BACKFILL_TAG,
    successor_tags,
)

_ATTEMPTS = 3  # somebody else may store the same snapshot at the same moment


class Replacing:
    """Cancels and replaces runs that wait.

    A run is locked while it is looked at, and its successor is in the queue when, and only when, it is cancelled:
    whoever is killed meanwhile leaves neither two runs nor none.

    Args:
        fence: raises when the runs may not be touched any more; called in each transaction.
    """

    def __init__(self, instance: DagsterInstance, holds: Holds, fence: Callable[[], None]) -> None:
        self._instance, self._holds, self._fence = instance, holds, fence

    def cancel(self, run: DagsterRun, why: str) -> bool:
        """Cancel a run in the queue; False if it is not there any more.

        Args:
            why: written to its events.
        """

        return self._while_queued(run, lambda connection, run: self._cancel(run, why, {}))

    def resubmit(self, run: DagsterRun, successor: Successor, why: str) -> str | None:
        """Put another run in the place of one in the queue; returns its id, None if the run had ended otherwise.

        Args:
            why: written to the events of both.
        """

        def work(connection: Connection, run: DagsterRun) -> None:
            new = self._create(run, successor)
            self._instance.report_engine_event(
                f"This run takes the place of run {run.run_id}: {why}.",
                new,
                EngineEventData(metadata={"takes the place of": MetadataValue.dagster_run(run.run_id)}),
            )
            # nothing of the coordinator's needs a workspace
            submitting: Any = SubmitRunContext(new, workspace=None)  # type: ignore[arg-type]  # the coordinator reads no workspace
            self._instance.run_coordinator.submit_run(submitting)
            self._leave_backfill(connection, run)
            self._instance.add_run_tags(run.run_id, {AS_TAG: new.run_id})
            self._cancel(
                run,
                f"Cancelled, and submitted anew as run {new.run_id}: {why}.",
                {"submitted anew as": MetadataValue.dagster_run(new.run_id)},
            )

        self._while_queued(run, work)
        # also where an answer was lost with its connection after the commit
        return next((each.run_id for each in self._instance.get_runs(RunsFilter(tags={FROM_TAG: run.run_id}))), None)

    def _create(self, run: DagsterRun, successor: Successor) -> DagsterRun:
        job = successor.job
        made_of = self._instance.get_job_snapshot(run.job_snapshot_id) if run.job_snapshot_id else None
        old_tags = {**made_of.tags, **(made_of.run_tags or {})} if made_of else {}
        return self._instance.create_run(
            job_name=run.job_name,
            run_id=None,
            run_config=run.run_config,
            status=DagsterRunStatus.NOT_STARTED,
            tags=successor_tags(run.tags, old_tags, job.run_tags, run.run_id, whole=successor.steps is None),
            root_run_id=run.root_run_id,
            parent_run_id=run.parent_run_id,
            step_keys_to_execute=successor.steps,
            execution_plan_snapshot=successor.snapshot,
            job_snapshot=job.job_snapshot,
            parent_job_snapshot=job.parent_job_snapshot,
            asset_selection=job.asset_selection if run.asset_selection is not None else None,
            asset_check_selection=job.asset_check_selection if run.asset_check_selection is not None else None,
            op_selection=run.op_selection,
            resolved_op_selection=job.resolved_op_selection if run.op_selection else None,
            remote_job_origin=job.get_remote_origin(),
            job_code_origin=job.get_python_origin(),
            asset_graph=successor.repository.asset_graph,
        )

    def _cancel(self, run: DagsterRun, why: str, metadata: dict[str, Any]) -> None:
        self._instance.report_engine_event(why, run, EngineEventData(metadata=metadata))
        self._instance.report_run_canceling(run, message="Cancelling the run in the queue.")
        self._instance.report_run_canceled(run, message="Cancelled in the queue; an event before this one says why.")

    def _leave_backfill(self, connection: Connection, run: DagsterRun) -> None:
        """Take a run out of its backfill, which takes every cancelled run of its own for a failure."""
        if BACKFILL_TAG not in run.tags:
            return
        connection.execute(
            text("DELETE FROM run_tags WHERE run_id = :run AND key = ANY(:keys)"),
            {"run": run.run_id, "keys": list(BACKFILL_TAGS)},
        )
        left = run.with_tags({key: value for key, value in run.tags.items() if key not in BACKFILL_TAGS})
        connection.execute(
            text("UPDATE runs SET run_body = :body, backfill_id = NULL WHERE run_id = :run"),
            {"run": run.run_id, "body": serialize_value(left)},
        )
        self._instance.add_run_tags(run.run_id, {WAS_IN_BACKFILL_TAG: run.tags[BACKFILL_TAG]})

    def _while_queued(self, run: DagsterRun, work: Callable[[Connection, DagsterRun], None]) -> bool:
        def locked(connection: Connection) -> bool:
            self._fence()
            values = {"run": run.run_id}
            connection.execute(text("SELECT FROM runs WHERE run_id = :run FOR UPDATE"), values)
            found = self._instance.get_run_by_id(run.run_id)
            if found is None or found.status != DagsterRunStatus.QUEUED:
                return False
            work(connection, found)
            return True

        for attempt in range(_ATTEMPTS):
            try:
                return self._holds.together(locked)
            except HoldLostError:
                raise
            except GateError:
                if attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(0.1)
        raise AssertionError
