"""Dagster's commands that execute runs themselves, where deployed versions are served; the real commands."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRunStatus
from dagster._daemon.types import DaemonHeartbeat

from data_platform.cli.main import run
from data_platform.environment import current_environment
from data_platform.units.versions import ensure_served
from tests.end_to_end.checkout import make_checkout
from tests.end_to_end.live import until
from tests.gate.conftest import HOME
from tests.gate.queue_daemon import Daemon

EXECUTE = ("job", "execute", "-m", "tests.gate.jobs_of_units", "-j", "greeting")
MATERIALIZE = ("asset", "materialize", "-m", "tests.gate.unit_with_assets", "--select", "*", "--partition", "a")


def dagster(environment: str, *arguments: str, home: str = str(HOME)) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "dagster", *arguments],
        env={**os.environ, "DAGSTER_HOME": home, "DATA_PLATFORM_ENVIRONMENT": environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("environment", ["prod", "dev"])
@pytest.mark.parametrize("command", [EXECUTE, MATERIALIZE])
def test_a_run_past_the_queue_is_refused_in_one_line_before_anything_of_it_is_there(
    instance: DagsterInstance, environment: str, command: tuple[str, ...]
) -> None:
    done = dagster(environment, *command)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert f"nothing was started, since in {environment} no run goes past the queue -> launch it" in last
    assert "docs/errors.md#runs-past-the-queue" in last
    assert instance.get_runs_count() == 0


def test_a_unit_s_job_is_refused_too_where_dagster_would_make_an_instance_of_its_own(
    environment: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_PLATFORM_STATE", str(tmp_path))
    done = dagster("prod", "job", "execute", "-m", "code_locations.fleet.definitions", "-j", "build", home="")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "since in prod runs are executed on the platform's instance only -> launch" in done.stderr.splitlines()[-1]
    assert "STEP_START" not in done.stderr
    assert not list((tmp_path / "warehouse").rglob("*.duckdb"))


def test_what_goes_through_the_queue_is_executed_there(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_ENVIRONMENT", "prod")
    submitted = daemon.submit()
    daemon.look()
    until(lambda: daemon.status(submitted) == DagsterRunStatus.SUCCESS, 60)


def test_a_run_past_the_queue_is_welcome_where_the_checkout_is_served(instance: DagsterInstance) -> None:
    done = dagster("local", *EXECUTE)
    assert done.returncode == 0, done.stderr
    assert [each.status for each in instance.get_runs()] == [DagsterRunStatus.SUCCESS]


@pytest.fixture
def prod(instance: DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(HOME))
    monkeypatch.setenv("DATA_PLATFORM_ENVIRONMENT", "prod")
    monkeypatch.setenv("DATA_PLATFORM_STATE", str(tmp_path))


def sign(instance: DagsterInstance, ago: float) -> None:
    """As the daemon of a platform on another machine does."""
    instance.add_daemon_heartbeat(DaemonHeartbeat(time.time() - ago, "QUEUED_RUN_COORDINATOR", "of another host", []))


def test_a_unit_is_built_without_the_platform_only_while_that_is_down(
    instance: DagsterInstance, prod: None, capsys: pytest.CaptureFixture[str]
) -> None:
    sign(instance, -60)  # its clock is ahead
    assert run(["unit", "build", "fleet"]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert "dp: nothing is built past the queue in prod while the platform runs; its daemon was seen 0 s ago" in said
    assert instance.get_runs_count() == 0

    sign(instance, 200)
    assert run(["unit", "build", "fleet", "--json"]) == 0, capsys.readouterr()
    [built] = instance.get_runs()
    assert built.status == DagsterRunStatus.SUCCESS
    assert built.tags["dagster/code_location"] == "fleet"


def test_a_unit_on_disk_that_is_not_what_was_deployed_is_not_built_where_that_is_served(
    prod: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout = make_checkout(tmp_path / "checkout")
    monkeypatch.setenv("DATA_PLATFORM_ROOT", str(checkout))
    ensure_served(current_environment(), "fleet")
    (checkout / "code_locations/fleet/defs/more.py").write_text("# edited")
    assert run(["unit", "build", "fleet"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert "fleet on disk is not what was deployed, and only that is built in prod -> start the platform" in said
