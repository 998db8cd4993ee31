"""Where runs are executed, and whether their processes live."""

import json
import os
import signal
from pathlib import Path

import psutil
from dagster import DagsterEventType, DagsterRun, DefaultRunLauncher

from data_platform.instance import run_locks
from data_platform.instance.address import database_url, is_embedded
from data_platform.instance.private import (
    GRPC_INFO_TAG,
    CheckRunHealthResult,
    GrpcServerCodeLocation,
    LaunchRunContext,
    WorkerStatus,
)
from data_platform.instance.run_execution import SOCKET_VARIABLE, start_run

WORKER_TAG = ".dagster/run_worker"  # a tag that starts so is not shown


class ProcessRunLauncher(DefaultRunLauncher):
    """Runs as processes: of the run workers' program where one is running, else of the unit's code server.

    Dagster's default launcher cannot tell that a run's process was killed together with its code server; such a run
    would count as running for ever, and hold its pool's only slot. This one can, and run monitoring asks it.
    """

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start a run that was taken from the queue."""
        workers = os.environ.get(SOCKET_VARIABLE)
        run = context.dagster_run
        if workers and run.job_code_origin and _is_on_this_machine(context):
            self._instance.add_run_tags(run.run_id, {WORKER_TAG: workers})
            try:
                start_run(run.run_id, workers)
            except (FileNotFoundError, ConnectionRefusedError):
                pass  # it is being restarted, and the code server can start runs, too
            else:
                return
        super().launch_run(context)

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Run monitoring may ask."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether the run's process lives, here or in a container with this state folder; elsewhere it is trusted."""
        process_id, started = self._process_of(run)
        if process_id is None or not _ran_on_this_machine(run):
            if run_locks.is_gone(run.run_id):
                return CheckRunHealthResult(WorkerStatus.FAILED, "its process is gone, perhaps with its container")
            return CheckRunHealthResult(WorkerStatus.RUNNING, "not known on this machine")
        if _running(process_id, started) is None:
            return CheckRunHealthResult(WorkerStatus.FAILED, f"its process {process_id} is gone")
        return CheckRunHealthResult(WorkerStatus.RUNNING)

    def terminate(self, run_id: str) -> bool:
        """Stop a run: through its code server if that started it, else by a signal to its process."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        if GRPC_INFO_TAG in run.tags and self._terminated_by_its_code_server(run_id):
            return True
        process_id, started = self._process_of(run)
        process = _running(process_id, started) if process_id and _ran_on_this_machine(run) else None
        if process is None:
            return False
        self._instance.report_run_canceling(run)
        process.send_signal(signal.SIGINT)
        return True

    def _terminated_by_its_code_server(self, run_id: str) -> bool:
        try:
            return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]  # untyped in Dagster
        except Exception:  # the server may be gone, or another by now; the process is what counts
            return False

    def _process_of(self, run: DagsterRun) -> tuple[int | None, float]:
        """Number of the process that reported the run's start, and when (Unix seconds)."""
        found = self._instance.get_records_for_run(run.run_id, of_type=DagsterEventType.RUN_START, limit=1).records
        if not found:
            return None, 0.0
        entry = found[0].event_log_entry
        return entry.get_dagster_event().pid, entry.timestamp


def _is_on_this_machine(context: LaunchRunContext) -> bool:
    origin = context.dagster_run.remote_job_origin
    if context.workspace is None or origin is None:
        return False
    location = context.workspace.get_code_location(origin.location_name)
    return isinstance(location, GrpcServerCodeLocation) and bool(location.socket)


def _ran_on_this_machine(run: DagsterRun) -> bool:
    if is_embedded(database_url()):
        return True  # only this machine's processes reach it
    server = json.loads(run.tags.get(GRPC_INFO_TAG, "{}"))
    path = run.tags.get(WORKER_TAG) or server.get("socket")
    if path:
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
