"""Dagster's own queue daemon, driven by a test."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import QueuedRunCoordinatorDaemon


class Daemon:
    """Looks at the queue when it is told to."""

    def __init__(self, instance: DagsterInstance, workspace: WorkspaceProcessContext) -> None:
        self.instance, self.workspace = instance, workspace
        self.daemon = QueuedRunCoordinatorDaemon(interval_seconds=1)
        request = workspace.create_request_context()
        self.location = request.get_code_location("fleet")
        self.job = self.location.get_repository("__repository__").get_full_job("greeting")

    def submit(self, **tags: str) -> DagsterRun:
        run = self.instance.create_run_for_job(
            _greeting,
            tags=tags | {"dagster/code_location": "fleet"},
            remote_job_origin=self.job.get_remote_origin(),
            job_code_origin=self.job.get_python_origin(),
        )
        return self.instance.submit_run(run.run_id, self.workspace.create_request_context())

    def look(self) -> None:
        """One look at the queue, and all that is started by it."""
        list(self.daemon.run_iteration(self.workspace))

    def look_later(self) -> None:
        """The look after the next."""
        time.sleep(0.3)
        self.look()

    @contextmanager
    def looking(self) -> Iterator[None]:
        ending = threading.Event()

        def look() -> None:
            while not ending.is_set():
                self.look()

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            ending.set()
            thread.join()

    def status(self, run: DagsterRun) -> DagsterRunStatus:
        found = self.instance.get_run_by_id(run.run_id)
        assert found
        return found.status

    def enqueued(self, run: DagsterRun) -> int:
        return len(self.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_ENQUEUED))


@dg.job
def _greeting() -> None:
    pass
