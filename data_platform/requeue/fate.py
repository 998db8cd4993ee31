"""What becomes of a run that waited, found by asking its code server what it serves now."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dagster import DagsterInstance, DagsterRun

from data_platform.requeue.code_servers import CodeServers
from data_platform.requeue.partitions import missing_partition
from data_platform.requeue.plan import Plan, difference
from data_platform.requeue.private import (
    DagsterInvalidSubsetError,
    DagsterUserCodeProcessError,
    ExecutionPlanSnapshot,
    GrpcServerCodeLocation,
    JobSubsetSelector,
    RemoteJob,
    RemoteRepository,
)
from data_platform.requeue.reading import left_of, plan_of, said


class Verdict(StrEnum):
    """What becomes of a run."""

    UNCHANGED = "unchanged"  # it runs with the new code as it is
    CHANGED = "changed"  # another takes its place
    VANISHED = "vanished"  # there is nothing left of it
    REFUSED = "refused"  # the new code does not take its configuration or its selection


@dataclass(frozen=True)
class Successor:
    """What is needed to make the run that takes another's place.

    Attributes:
        job: as the code server has it, for this selection.
        steps: those to execute; None means all.
    """

    job: RemoteJob
    repository: RemoteRepository
    snapshot: ExecutionPlanSnapshot
    steps: tuple[str, ...] | None


@dataclass(frozen=True)
class Fate:
    """What becomes of a run, and why.

    Attributes:
        why: the rest of a sentence that begins with the unit's name; empty if nothing is to be done.
        successor: for a run that changed.
    """

    verdict: Verdict
    why: str = ""
    successor: Successor | None = None


_UNCHANGED = Fate(Verdict.UNCHANGED)


class Fates:
    """Finds the fates of many runs; what several of them share is asked once."""

    def __init__(self, instance: DagsterInstance, servers: CodeServers) -> None:
        self._instance, self._servers = instance, servers
        self._made: dict[str, tuple[Plan, Any]] = {}
        self._now: dict[tuple[str, ...], tuple[RemoteJob, ExecutionPlanSnapshot, Plan]] = {}

    def of(self, run: DagsterRun) -> Fate:
        """What becomes of a run.

        Raises:
            CodeServerError: its code server does not answer.
        """
        if run.remote_job_origin is None or run.execution_plan_snapshot_id is None:
            return _UNCHANGED  # it was not made by way of a code server: there is nothing to compare
        name, origin = run.remote_job_origin.location_name, run.remote_job_origin.repository_origin
        location = self._servers.get(name)
        if location is None or not location.has_repository(origin.repository_name):
            return Fate(Verdict.VANISHED, "is not served any more")
        repository = location.get_repository(origin.repository_name)
        if not repository.has_job(run.job_name):
            return Fate(Verdict.VANISHED, f"has no job {run.job_name} any more")
        assets, checks, lost = left_of(run, repository)
        if lost and not assets and not checks:
            return Fate(Verdict.VANISHED, f"has nothing any more of what was selected ({lost})")
        chosen = JobSubsetSelector(
            location_name=name,
            repository_name=origin.repository_name,
            job_name=run.job_name,
            op_selection=run.op_selection,
            asset_selection=assets,
            asset_check_selection=checks,
        )
        try:
            return self._compared(run, location, repository, chosen, lost)
        except (DagsterInvalidSubsetError, DagsterUserCodeProcessError) as error:
            return Fate(Verdict.REFUSED, f"does not take it any more: {said(error)}")

    def _compared(
        self,
        run: DagsterRun,
        location: GrpcServerCodeLocation,
        repository: RemoteRepository,
        chosen: JobSubsetSelector,
        lost: str,
    ) -> Fate:
        made, known = self._made_with(run)
        job, snapshot, whole = self._planned(run, location, chosen)
        if missing := missing_partition(self._instance, repository, snapshot.asset_selection, run.tags):
            return Fate(Verdict.VANISHED, f"has no {missing} any more")
        differs = difference(made, whole)
        if not lost and not differs:
            return _UNCHANGED
        why = f"has other steps for {run.job_name} now ({differs or lost})"
        steps: tuple[str, ...] | None = None
        if not made.is_whole:
            steps = tuple(sorted(whole.still(made.chosen)))
            if not steps:
                return Fate(Verdict.VANISHED, f"has none of its steps any more ({differs})")
            snapshot = location.get_execution_plan(
                job, run.run_config, step_keys_to_execute=steps, known_state=known, instance=self._instance
            ).execution_plan_snapshot
        return Fate(Verdict.CHANGED, why, Successor(job, repository, snapshot, steps))

    def _made_with(self, run: DagsterRun) -> tuple[Plan, Any]:
        number = str(run.execution_plan_snapshot_id)
        if number not in self._made:
            snapshot = self._instance.get_execution_plan_snapshot(number)
            self._made[number] = plan_of(snapshot), snapshot.initial_known_state
        return self._made[number]

    def _planned(
        self, run: DagsterRun, location: GrpcServerCodeLocation, chosen: JobSubsetSelector
    ) -> tuple[RemoteJob, ExecutionPlanSnapshot, Plan]:
        config = json.dumps(run.run_config, sort_keys=True, default=str)
        question = (location.name, run.job_name, repr(chosen.op_selection), config, *map(repr, _sorted(chosen)))
        if question not in self._now:
            job = location.get_job(chosen)
            answer = location.get_execution_plan(
                job, run.run_config, step_keys_to_execute=None, known_state=None, instance=self._instance
            )
            snapshot = answer.execution_plan_snapshot
            self._now[question] = job, snapshot, plan_of(snapshot)
        return self._now[question]


def _sorted(chosen: JobSubsetSelector) -> tuple[object, object]:
    def order(keys: Any) -> object:
        return None if keys is None else sorted(map(repr, keys))

    return order(chosen.asset_selection), order(chosen.asset_check_selection)
