"""Whether a run's process lives is known, also when everything around it was killed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import psutil
import pytest
from dagster import DagsterInstance

from data_platform.gate.launcher import GateRunLauncher
from data_platform.instance.launcher import ProcessRunLauncher

HOME = Path(__file__).parents[2] / "dagster_home"
A_RUN = """
import time, dagster as dg
@dg.op
def wait():
    print("started", flush=True)
    time.sleep(60)
@dg.job(executor_def=dg.in_process_executor)
def waiting():
    wait()
waiting.execute_in_process(instance=dg.DagsterInstance.get())
"""


@pytest.fixture
def process(instance: DagsterInstance) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", A_RUN],
        env={**os.environ, "DAGSTER_HOME": str(HOME)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "started\n"
    yield process
    for child in psutil.Process(process.pid).children() if process.poll() is None else []:
        child.kill()
    process.kill()
    process.wait()


def status(instance: DagsterInstance, run: dg.DagsterRun) -> str:
    return str(instance.run_launcher.check_run_worker_health(run).status.value)


def the_run(instance: DagsterInstance) -> dg.DagsterRun:
    return instance.get_runs(filters=dg.RunsFilter(job_name="waiting"), limit=1)[0]


def test_a_run_whose_process_was_killed_is_known_to_have_failed(
    instance: DagsterInstance, process: "subprocess.Popen[str]"
) -> None:
    assert isinstance(instance.run_launcher, GateRunLauncher)
    assert isinstance(instance.run_launcher.launcher, ProcessRunLauncher)
    run = the_run(instance)
    assert status(instance, run) == "RUNNING"
    process.kill()
    process.wait()
    assert status(instance, run) == "FAILED"


def test_a_number_that_went_to_a_later_process_is_not_taken_for_the_run(
    instance: DagsterInstance, process: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    run = the_run(instance)
    entry = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_START)[0]
    long_ago = entry._replace(timestamp=entry.timestamp - 3600)
    number = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.RUN_START).records[0].storage_id
    instance.event_log_storage.update_event_log_record(number, long_ago)
    assert status(instance, run) == "FAILED"


def test_a_run_without_a_code_server_is_stopped_by_its_process(
    instance: DagsterInstance, process: "subprocess.Popen[str]"
) -> None:
    run = the_run(instance)
    assert instance.run_launcher.terminate(run.run_id)
    process.wait(30)
    stopped = instance.get_run_by_id(run.run_id)
    assert stopped
    assert stopped.is_finished


def of_a_container(instance: DagsterInstance) -> dg.DagsterRun:
    return the_run(instance).with_tags({".dagster/grpc_info": '{"host": "unit-fleet", "port": 4000}'})


def locks(run: dg.DagsterRun | dg.ExecuteInProcessResult) -> list[Path]:
    return list((Path(os.environ["DATA_PLATFORM_STATE"]) / "run-locks").glob(f"{run.run_id}*"))


def test_a_run_of_another_machine_is_trusted(
    instance: DagsterInstance, process: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = of_a_container(instance)
    process.kill()
    process.wait()
    monkeypatch.setenv("DATA_PLATFORM_POSTGRES_URL", "postgresql://elsewhere/shared")
    monkeypatch.setenv("DATA_PLATFORM_STATE", str(tmp_path))
    assert status(instance, elsewhere) == "RUNNING"


def test_a_run_that_died_in_a_container_with_the_same_state_folder_is_known_to_have_failed(
    instance: DagsterInstance, process: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = of_a_container(instance)
    monkeypatch.setenv("DATA_PLATFORM_POSTGRES_URL", "postgresql://elsewhere/shared")
    assert status(instance, elsewhere) == "RUNNING"
    process.kill()
    process.wait()
    assert status(instance, elsewhere) == "FAILED"
    instance.report_run_failed(elsewhere)
    assert locks(elsewhere) == []


def test_a_run_that_ended_by_itself_leaves_no_lock(instance: DagsterInstance) -> None:
    @dg.job(executor_def=dg.in_process_executor)
    def short() -> None:
        pass

    done = short.execute_in_process(instance=instance)
    assert done.success
    assert locks(done) == []
