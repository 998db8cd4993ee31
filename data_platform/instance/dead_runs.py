"""Runs whose process died while nobody watched: run monitoring, for commands that run without the platform."""

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from data_platform.instance.private import WorkerStatus

_AT_WORK = [DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]


def end_dead_runs(instance: DagsterInstance) -> None:
    """Fail runs whose process is gone, and free the slots of runs that have ended: a pool of one would stay taken."""
    if instance.run_launcher.supports_check_run_worker_health:
        for run in instance.get_runs(filters=RunsFilter(statuses=_AT_WORK)):
            health = instance.run_launcher.check_run_worker_health(run)
            if health.status == WorkerStatus.FAILED:
                instance.report_run_failed(run, f"The run did not end by itself: {health.msg}.")
    for run_id in instance.event_log_storage.get_concurrency_run_ids():
        found = instance.get_run_by_id(run_id)
        if found is None or found.is_finished:
            instance.event_log_storage.free_concurrency_slots_for_run(run_id)
