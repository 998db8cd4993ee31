"""Runs in processes of their code server, as Dagster's default; and it can tell when such a process has died."""

import contextlib
import json
import signal
from pathlib import Path
from typing import Any

import psutil
from dagster import DagsterEventType, DagsterRun, DefaultRunLauncher

from data_platform.instance.address import database_url, is_embedded
from data_platform.instance.private import GRPC_INFO_TAG, CheckRunHealthResult, WorkerStatus


class ProcessRunLauncher(DefaultRunLauncher):
    """Dagster's default run launcher, with the health check that run monitoring asks for.

    A run whose process was killed together with its code server would otherwise count as running for ever, and hold
    its pool's only slot.
    """

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Run monitoring may ask."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> Any:
        """Whether the run's process lives, where this process can know; elsewhere the run is trusted."""
        process_id, started = self._process_of(run)
        if process_id is None or not _ran_on_this_machine(run):
            return CheckRunHealthResult(WorkerStatus.RUNNING, "not known on this machine")
        if _running(process_id, started) is None:
            return CheckRunHealthResult(WorkerStatus.FAILED, f"its process {process_id} is gone")
        return CheckRunHealthResult(WorkerStatus.RUNNING)

    def terminate(self, run_id: str) -> bool:
        """Stop a run, also one whose code server was replaced meanwhile."""
        with contextlib.suppress(Exception):  # the code server may be gone; the process is what counts
            if super().terminate(run_id):  # type: ignore[no-untyped-call]
                return True
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished or not _ran_on_this_machine(run):
            return False
        process_id, started = self._process_of(run)
        process = None if process_id is None else _running(process_id, started)
        if process is None:
            return False
        process.send_signal(signal.SIGINT)
        return True

    def _process_of(self, run: DagsterRun) -> tuple[int | None, float]:
        """Number of the process that reported the run's start, and when (Unix seconds)."""
        found = self._instance.get_records_for_run(run.run_id, of_type=DagsterEventType.RUN_START, limit=1).records
        if not found:
            return None, 0.0
        entry = found[0].event_log_entry
        return entry.get_dagster_event().pid, entry.timestamp


def _ran_on_this_machine(run: DagsterRun) -> bool:
    if is_embedded(database_url()):
        return True  # only this machine's processes reach it
    server = json.loads(run.tags.get(GRPC_INFO_TAG, "{}"))
    if path := server.get("socket"):
        return Path(path).parent.exists()
    return server.get("host") in ("localhost", "127.0.0.1", "::1")


def _running(process_id: int, since: float) -> psutil.Process | None:
    """The process of that number, unless the number has gone to a later process."""
    try:
        process = psutil.Process(process_id)
        alive = process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= since + 1
    except psutil.Error:
        return None
    return process if alive else None
