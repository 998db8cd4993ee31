"""The run queue, held where a hold says so."""

import logging
import threading
import time

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, QueuedRunCoordinator

from data_platform.errors import DataPlatformError
from data_platform.gate import exemptions
from data_platform.gate.admission import limits
from data_platform.gate.holds import Holds
from data_platform.gate.instance import (
    claims_of,
    gate_tags,
    hold_on,
    holds_of,
    refuse_overriding_settings,
    without_gate_tag,
)
from data_platform.gate.notice import tell
from data_platform.gate.private import RunQueueConfig, SubmitRunContext
from data_platform.gate.rows import Moment

# Dagster asks for the queue's settings many times in an iteration; a read this old is still of the same iteration, and
# the launcher looks again in any case.
_SAME_ITERATION_SECONDS = 0.2
_log = logging.getLogger(__name__)


class GateRunCoordinator(QueuedRunCoordinator[DagsterInstance]):
    """Dagster's queue, where runs in the scope of a live hold wait. Its settings are those of QueuedRunCoordinator.

    While the holds cannot be read, nothing is taken from the queue, and nothing fails.
    """

    def register_instance(self, instance: DagsterInstance) -> None:
        """Become an instance's coordinator.

        Raises:
            GateError: the instance's settings would override holds, or it keeps its runs elsewhere.
        """
        refuse_overriding_settings(instance)
        holds_of(instance)
        super().register_instance(instance)
        self._seen: tuple[float, Moment] | None = None
        self._lock = threading.Lock()

    def get_run_queue_config(self) -> RunQueueConfig:
        """The queue's limits at this moment."""
        configured = super().get_run_queue_config()
        try:
            moment = self._live()
        except DataPlatformError as error:
            _log.warning("nothing is taken from the queue, since the holds cannot be read: %s", error)
            return configured._replace(max_concurrent_runs=0)
        return configured._replace(
            tag_concurrency_limits=[*configured.tag_concurrency_limits, *limits(moment.holds, moment.now)]
        )

    def submit_run(self, context: SubmitRunContext) -> DagsterRun:
        """Put a run into the queue; if it must wait for a hold, the run says so."""
        run, holds = context.dagster_run, holds_of(self._instance)
        if run.status == DagsterRunStatus.NOT_STARTED:
            if self._is_admitted(holds, run):
                context = context._replace(dagster_run=without_gate_tag(holds, run))
            else:
                self._instance.add_run_tags(run.run_id, gate_tags(run))
        submitted = super().submit_run(context)
        # only now that it is in the queue: see `tell_waiting`
        try:
            hold = hold_on(holds, submitted)
            if hold is not None:
                tell(self._instance, holds, submitted, hold)
        except DataPlatformError as error:
            _log.warning("run %s could not be told whether it is held: %s", submitted.run_id, error)
        return submitted

    def _is_admitted(self, holds: Holds, run: DagsterRun) -> bool:
        """Whether it may start in spite of a hold, be there one or not; the launcher looks again."""
        holds.read(lambda connection: exemptions.claim(connection, run.run_id, run.tags))
        return claims_of(holds, run).any

    def _live(self) -> Moment:
        with self._lock:
            if self._seen is None or time.monotonic() - self._seen[0] > _SAME_ITERATION_SECONDS:
                moment = holds_of(self._instance).live()
                self._seen = (time.monotonic(), moment)
            return self._seen[1]
