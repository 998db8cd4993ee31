"""The tags of a run that stands in for another. Pure."""

from collections.abc import Mapping

from data_platform.gate.admission import GATE_TAG, HELD_TAG
from data_platform.gate.exemptions import EXEMPT_TAG, TICKET_TAG

FROM_TAG = "data_platform/resubmitted_from"
AS_TAG = "data_platform/resubmitted_as"  # on the old run
WAS_IN_BACKFILL_TAG = "data_platform/was_in_backfill"  # on the old run, which its backfill must not count

BACKFILL_TAG = "dagster/backfill"
BACKFILL_TAGS = (BACKFILL_TAG, "dagster/parent_backfill_id", "dagster/root_backfill_id")

# what was noted about the old run itself
_OF_ONE_RUN = frozenset(
    {
        *(GATE_TAG, HELD_TAG, EXEMPT_TAG, TICKET_TAG, FROM_TAG, AS_TAG, WAS_IN_BACKFILL_TAG),
        *("dagster/will_retry", "dagster/auto_retry_run_id", "dagster/failure_reason"),
        *("dagster/image", "dagster/code_location", "dagster/run_metrics"),
    }
)
# hidden ones tell where a run is executed; but a schedule finds its run by the first, and the UI by the second
_HIDDEN, _HIDDEN_BUT_KEPT = ".dagster/", (".dagster/scheduled_execution_time", ".dagster/repository")
# a retry from a failure that executes all steps is none
_OF_SOME_STEPS = ("dagster/is_resume_retry", "dagster/step_selection")


def successor_tags(
    old: Mapping[str, str], old_job: Mapping[str, str], new_job: Mapping[str, str], run_id: str, *, whole: bool
) -> dict[str, str]:
    """Tags of the run that stands in for another, so that backfill, schedule, sensor and retry still find it.

    Args:
        old: of the run.
        old_job: of its job, when it was made; the version among them is not the new run's.
        new_job: of the job as it is now.
        run_id: of the old run.
        whole: whether the new run executes all steps of its selection.
    """
    kept = {
        key: value
        for key, value in old.items()
        if old_job.get(key) != value
        and key not in _OF_ONE_RUN
        and (not key.startswith(_HIDDEN) or key in _HIDDEN_BUT_KEPT)
        and not (whole and key in _OF_SOME_STEPS)
    }
    return {**new_job, **kept, FROM_TAG: run_id}
