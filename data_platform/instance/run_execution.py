"""One run: asked for, executed to its end in its process, failed when the process died."""

import os
import socket

from dagster import DagsterInstance

from data_platform.instance.private import (
    EngineEventData,
    JobPythonOrigin,
    ModuleCodePointer,
    capture_interrupts,
    core_execute_run,
    recon_job_from_origin,
)

SOCKET_VARIABLE = "DATA_PLATFORM_RUN_WORKERS"
ANSWER_SECONDS = 10


def start_run(run_id: str, server: str | os.PathLike[str]) -> int:
    """Ask the program at socket `server` to start a run.

    Args:
        run_id: of a run that is stored, with the origin of its code.
        server: path of the program's socket.

    Returns:
        Number of the run's process.

    Raises:
        ConnectionError: nothing listens there (also as FileNotFoundError); the run was not started.
        TimeoutError: it does not answer.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_SECONDS)
        connection.connect(os.fspath(server))
        connection.sendall(f"{run_id}\n".encode())
        answer = connection.recv(64)
    if not answer:
        raise ConnectionResetError("the run workers' program ended before it started the run")
    return int(answer)


def execute(run_id: str) -> None:
    """Execute a stored run in this process, to its end."""
    with capture_interrupts(), DagsterInstance.get() as instance:
        run = instance.get_run_by_id(run_id)
        if run is None or run.job_code_origin is None:
            raise ValueError(f"run {run_id} is not stored, or without the origin of its code")
        here = os.getpid()
        instance.report_engine_event(f"Started process for run (pid: {here}).", run, EngineEventData.in_process(here))
        try:
            for _event in core_execute_run(recon_job_from_origin(_pinned(run.job_code_origin)), run, instance, False):
                pass
        finally:
            instance.report_engine_event(f"Process for run exited (pid: {here}).", run)


def _pinned(origin: JobPythonOrigin) -> JobPythonOrigin:
    """The origin in the folder that a link names now, for what the run imports late, or in processes of its own."""
    repository = origin.repository_origin
    pointer = repository.code_pointer
    if not isinstance(pointer, ModuleCodePointer) or not pointer.working_directory:
        return origin
    there = pointer._replace(working_directory=os.path.realpath(pointer.working_directory))
    return origin._replace(repository_origin=repository._replace(code_pointer=there))


def report_death(run_id: str, status: int) -> None:
    """Fail a run whose process ended before the run did."""
    with DagsterInstance.get() as instance:
        run = instance.get_run_by_id(run_id)
        if run is not None and not run.is_finished:
            cause = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit code {os.WEXITSTATUS(status)}"
            instance.report_run_failed(run, f"The process of this run ended unexpectedly, with {cause}.")
