"""Runs that go past the queue: no hold can keep them waiting. Refused where deployed versions are served."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from click import ClickException
from dagster import DagsterInstance, DagsterRun

from data_platform.environment import current_environment
from data_platform.instance.connections import Database
from data_platform.instance.errors import InstanceError

_QUEUE = "QUEUED_RUN_COORDINATOR"  # as the daemon signs for it
_AT_WORK_SECONDS = 90.0  # it signs every 30 s
_allowed = ContextVar("allowed", default=False)


class PastQueueError(InstanceError, ClickException):
    """A run would be executed past the queue. Dagster's commands print this in one line, as their own errors."""

    def format_message(self) -> str:
        """What Dagster's commands print."""
        return str(self)


def refuse_past_queue(run: DagsterRun) -> None:
    """Make sure that a run which is about to be stored can be put into the queue.

    The queue takes runs that say which code location they are of. Those that whoever makes them executes at once
    (`dagster job execute`, `dagster asset materialize`, `execute_in_process`, `materialize`) do not.

    Raises:
        PastQueueError: it cannot, and deployed versions are served here.
    """
    if run.remote_job_origin is not None or run.is_finished or _allowed.get():
        return
    environment = current_environment()
    if not environment.serves_checkout:
        raise PastQueueError(
            f"nothing was started, since in {environment.name} no run goes past the queue",
            fix="launch it on its page, or with `dp unit build`",
            anchor="runs-past-the-queue",
        )


def refuse_other_instance(instance: DagsterInstance) -> None:
    """Make sure that what is about to be executed is on the platform's instance, whose storage knows the queue.

    Without DAGSTER_HOME Dagster's commands use an instance of their own for one run.

    Raises:
        PastQueueError: it is not, and deployed versions are served here.
    """
    environment = current_environment()
    if not environment.serves_checkout and not isinstance(getattr(instance.run_storage, "database", None), Database):
        raise PastQueueError(
            f"nothing was started, since in {environment.name} runs are executed on the platform's instance only",
            fix="launch it on its page, or with `dp unit build`",
            anchor="runs-past-the-queue",
        )


def refuse_beside_queue(instance: DagsterInstance) -> None:
    """For what may go past the queue while the platform is down: make sure that it is.

    Raises:
        PastQueueError: a daemon is at work, and deployed versions are served here.
    """
    environment = current_environment()
    signed = instance.get_daemon_heartbeats().get(_QUEUE)
    if signed is None or environment.serves_checkout:
        return
    silence = time.time() - signed.timestamp
    if silence < _AT_WORK_SECONDS:
        raise PastQueueError(
            f"nothing is built past the queue in {environment.name} while the platform runs;"
            f" its daemon was seen {max(silence, 0):.0f} s ago",
            fix="launch the job `build` on its page; if the platform was just stopped, wait for a minute and a half",
            anchor="runs-past-the-queue",
        )


@contextmanager
def past_queue() -> Iterator[None]:
    """Let this thread store runs that go past the queue: whoever uses it has made sure that nothing is held."""
    token = _allowed.set(True)
    try:
        yield
    finally:
        _allowed.reset(token)
