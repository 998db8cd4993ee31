"""Which runs in flight can be held between two steps, and having them held: all others are waited for to their end."""

import time
from collections.abc import Callable, Iterable, Sequence

from dagster import DagsterEventType, DagsterInstance

from data_platform.gate.admission import parents_named
from data_platform.gate.hold import Hold
from data_platform.gate.holds import Holds
from data_platform.gate.private import EngineEventData, PoolGranularity
from data_platform.gate.runs import IN_FLIGHT

_OVER = {DagsterEventType.STEP_SUCCESS, DagsterEventType.STEP_FAILURE, DagsterEventType.STEP_SKIPPED}
_ONE_PROCESS = "in_process"
_LOOK_AGAIN_SECONDS = 2.0


def why_not(instance: DagsterInstance, run_id: str) -> str | None:
    """Why a run in flight cannot be held between two steps; None if it can.

    It can if each step that it has not finished claims a slot of a pool before it begins, and all of them are executed
    by one process, one after the other, of code that this process has loaded. A step that is being executed counts as
    not finished: it may be tried again. A run that another run in flight started is not held: that one may wait for it.
    """
    config = instance.get_concurrency_config().pool_config
    if config.pool_granularity is PoolGranularity.RUN or config.default_pool_limit is None:
        return "this instance does not limit pools by steps"
    run = instance.get_run_by_id(run_id)
    if run is None or run.execution_plan_snapshot_id is None:
        return "its steps are not known"
    for parent in parents_named(run.tags):
        started_by = instance.get_run_by_id(parent)
        if started_by is not None and started_by.status.value in IN_FLIGHT:
            return f"run {parent[:8]}, which started it, is in flight"
    plan = instance.get_execution_plan_snapshot(run.execution_plan_snapshot_id)
    if plan.executor_name != _ONE_PROCESS:
        return f"its steps are not executed in one process (executor {plan.executor_name})"
    over = {entry.step_key for entry in instance.all_logs(run_id, of_type=_OVER)}
    chosen = set(plan.step_keys_to_execute)
    for step in plan.steps:
        if step.key in chosen and step.key not in over and step.pool is None:
            return f"its step {step.key} is in no pool"
    return None


def can_be_held(instance: DagsterInstance, run_ids: Iterable[str]) -> list[str]:
    """Those of some runs in flight that could be held between two steps."""
    return [run_id for run_id in run_ids if why_not(instance, run_id) is None]


class BetweenSteps:
    """Has runs in flight held between two steps, as soon as they can be.

    Args:
        tell: is given a line for each run.
    """

    def __init__(self, instance: DagsterInstance, holds: Holds, tell: Callable[[str], None]) -> None:
        self.instance, self.holds, self.tell = instance, holds, tell
        self._asked: set[str] = set()
        self._seen: dict[str, float] = {}
        self._told: set[tuple[str, str]] = set()

    def stop(self, numbers: Sequence[int]) -> None:
        """Look at the runs that some holds wait for. Call it again and again: one that cannot be held now may later."""
        for number in numbers:
            hold = self.holds.get(number)
            for run_id in self.holds.moving(number):
                self._look(hold, run_id)
            for run_id in set(self.holds.stopped(number)) & self._asked:
                self._asked.discard(run_id)
                self._say(run_id, "is held between two steps")
                self._note(run_id, hold)

    def _look(self, hold: Hold, run_id: str) -> None:
        now = time.monotonic()
        if run_id in self._asked or now - self._seen.get(run_id, -_LOOK_AGAIN_SECONDS) < _LOOK_AGAIN_SECONDS:
            return
        self._seen[run_id] = now
        if reason := why_not(self.instance, run_id):
            self._say(run_id, f"is waited for: {reason}")
        elif self.holds.stop_between_steps(hold.id, run_id):
            self._asked.add(run_id)
            self._say(run_id, "is to stop before its next step")

    def _say(self, run_id: str, what: str) -> None:
        if (run_id, what) not in self._told:
            self._told.add((run_id, what))
            self.tell(f"run {run_id[:8]} {what}")

    def _note(self, run_id: str, hold: Hold) -> None:
        """Write to the run why it stands still: Dagster's own events only name the pool."""
        run = self.instance.get_run_by_id(run_id)
        if run is not None:
            link = f" See {hold.link}" if hold.link else ""
            message = (
                f"This run waits between two steps: {hold.owner} holds {hold.scope.shown}. Reason: {hold.reason}."
                f" It goes on by itself afterwards, with the code it has loaded ({hold}).{link}"
            )
            self.instance.report_engine_event(message, run, EngineEventData())
