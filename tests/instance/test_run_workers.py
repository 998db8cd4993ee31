"""Runs started by the program that has Dagster imported already."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import psutil
import pytest
from dagster import DagsterInstance
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import GrpcServerTarget

from data_platform.instance.run_execution import SOCKET_VARIABLE, start_run

HOME = Path(__file__).parents[2] / "dagster_home"
JOBS = Path(__file__).parent / "jobs_to_run.py"


@pytest.fixture
def start_program(instance: DagsterInstance, tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    programs: list[subprocess.Popen[bytes]] = []

    def start(*command: str, ready: Path) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, "DAGSTER_HOME": str(HOME)}
        programs.append(subprocess.Popen([sys.executable, "-m", *command], env=environment, cwd=tmp_path))
        until(ready.exists)
        return programs[-1]

    yield start
    for program in programs:
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in psutil.Process(program.pid).children(recursive=True):
                process.kill()
        program.kill()
        program.wait()


@pytest.fixture
def workers(
    start_program: Callable[..., "subprocess.Popen[bytes]"], server_folder: Path
) -> tuple["subprocess.Popen[bytes]", Path]:
    path = server_folder / "workers.sock"
    return start_program("data_platform.instance.run_workers", str(path), ready=path), path


@pytest.fixture
def server_folder() -> Iterator[Path]:
    # not tmp_path: a socket's path must be short
    with tempfile.TemporaryDirectory(prefix="dp-") as folder:
        yield Path(folder)


def until(true: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def stored_run(instance: DagsterInstance, job: str, **tags: str) -> str:
    repository = ReconstructableRepository.for_file(str(JOBS), "defs", str(JOBS.parent))
    found = repository.get_reconstructable_job(job)
    return instance.create_run_for_job(
        found.get_definition(), job_code_origin=found.get_python_origin(), tags=tags
    ).run_id


def status(instance: DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run
    return run.status


def test_a_run_is_executed_in_a_process_of_its_own(
    instance: DagsterInstance, workers: tuple["subprocess.Popen[bytes]", Path]
) -> None:
    program, path = workers
    run_id = stored_run(instance, "greeting")
    process_id = start_run(run_id, path)
    until(lambda: status(instance, run_id) == dg.DagsterRunStatus.SUCCESS)
    assert process_id != program.pid
    assert psutil.Process(program.pid).num_threads() == 1  # a thread would make forking unsafe
    reported = {e.dagster_event.pid for e in instance.all_logs(run_id) if e.dagster_event and e.dagster_event.step_key}
    assert reported == {process_id}


def test_a_run_whose_process_was_killed_fails_at_once_with_the_signal(
    instance: DagsterInstance, workers: tuple["subprocess.Popen[bytes]", Path]
) -> None:
    run_id = stored_run(instance, "dying")
    start_run(run_id, workers[1])
    until(lambda: status(instance, run_id) == dg.DagsterRunStatus.FAILURE, 20)
    assert any("signal 9" in (e.dagster_event.message or "") for e in instance.all_logs(run_id) if e.dagster_event)
    # and the program goes on
    second = stored_run(instance, "greeting")
    start_run(second, workers[1])
    until(lambda: status(instance, second) == dg.DagsterRunStatus.SUCCESS)


def test_the_program_ends_when_its_runs_have_finished(
    instance: DagsterInstance, workers: tuple["subprocess.Popen[bytes]", Path]
) -> None:
    program, path = workers
    run_id = stored_run(instance, "waiting", seconds="2")
    start_run(run_id, path)
    until(lambda: status(instance, run_id) == dg.DagsterRunStatus.STARTED)
    program.send_signal(signal.SIGTERM)
    until(lambda: not path.exists())
    with pytest.raises(FileNotFoundError):
        start_run(run_id, path)
    assert program.wait(30) == 0
    assert status(instance, run_id) == dg.DagsterRunStatus.SUCCESS


def test_a_run_outlives_a_killed_program_and_can_still_be_stopped(
    instance: DagsterInstance,
    workers: tuple["subprocess.Popen[bytes]", Path],
    start_program: Callable[..., "subprocess.Popen[bytes]"],
) -> None:
    program, path = workers
    run_id = stored_run(instance, "waiting")
    start_run(run_id, path)
    until(lambda: "waiting" in [e.user_message for e in instance.all_logs(run_id)])
    program.kill()
    program.wait()
    run = instance.get_run_by_id(run_id)
    assert run
    assert instance.run_launcher.check_run_worker_health(run).status.value == "RUNNING"
    assert instance.run_launcher.terminate(run_id)
    until(lambda: status(instance, run_id) == dg.DagsterRunStatus.CANCELED)
    again = start_program("data_platform.instance.run_workers", str(path), ready=path)
    second = stored_run(instance, "greeting")
    until(lambda: _accepts(second, path))
    until(lambda: status(instance, second) == dg.DagsterRunStatus.SUCCESS)
    assert again.poll() is None


def _accepts(run_id: str, path: Path) -> bool:
    with contextlib.suppress(ConnectionRefusedError, FileNotFoundError):
        return bool(start_run(run_id, path))
    return False


@pytest.mark.parametrize("with_workers", [True, False])
def test_a_queued_run_is_launched_by_the_run_workers_or_else_by_the_code_server(
    instance: DagsterInstance,
    start_program: Callable[..., "subprocess.Popen[bytes]"],
    server_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    with_workers: bool,
) -> None:
    workers, code = server_folder / "w.sock", server_folder / "c.sock"
    monkeypatch.setenv(SOCKET_VARIABLE, str(workers))
    program = None
    if with_workers:
        program = start_program("data_platform.instance.run_workers", str(workers), ready=workers)
    options = ["--python-file", str(JOBS), "--location-name", "jobs", "--socket", str(code)]
    server = start_program("dagster", "api", "grpc", *options, ready=code)
    until(lambda: _loaded(instance, code))
    target = GrpcServerTarget(host="localhost", socket=str(code), port=None, location_name="jobs")
    with WorkspaceProcessContext(instance, target) as context:
        workspace = context.create_request_context()
        location = workspace.get_code_location("jobs")
        repository = next(iter(location.get_repositories().values()))
        job = repository.get_full_job("greeting")
        run = instance.create_run(
            job_name="greeting",
            run_id=None,
            run_config=None,
            status=None,
            tags=None,
            root_run_id=None,
            parent_run_id=None,
            step_keys_to_execute=None,
            execution_plan_snapshot=None,
            job_snapshot=None,
            parent_job_snapshot=None,
            asset_selection=None,
            asset_check_selection=None,
            resolved_op_selection=None,
            op_selection=None,
            remote_job_origin=job.get_remote_origin(),
            job_code_origin=job.get_python_origin(),
            asset_graph=repository.asset_graph,
        )
        instance.launch_run(run.run_id, workspace)
        until(lambda: status(instance, run.run_id) == dg.DagsterRunStatus.SUCCESS)
    tags = instance.get_run_by_id(run.run_id).tags  # type: ignore[union-attr]
    assert (".dagster/grpc_info" in tags) is not with_workers
    assert program is None or program.poll() is None
    assert server.poll() is None


def _loaded(instance: DagsterInstance, code: Path) -> bool:
    target = GrpcServerTarget(host="localhost", socket=str(code), port=None, location_name="jobs")
    with WorkspaceProcessContext(instance, target) as context:
        return context.create_request_context().has_code_location("jobs")
