"""Between the daemon, which starts runs, and a deployer, who waits until none is left, nothing slips through."""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter

from data_platform.gate import EVERYTHING, GateError, Holds, Phase
from data_platform.gate import launcher as launcher_module
from data_platform.gate.instance import hold_on as real_hold_on
from data_platform.gate.launcher import GateRunLauncher
from data_platform.instance.connections import Database
from data_platform.instance.launcher import ProcessRunLauncher
from tests.end_to_end.live import until
from tests.gate.conftest import SETTINGS
from tests.gate.queue_daemon import Daemon
from tests.gate.rows_of_runs import let_pass, set_status
from tests.gate.slow_launcher import STARTED, SlowLauncher


def test_a_hold_that_comes_while_a_run_is_being_started_puts_it_back(
    daemon: Daemon, holds: Holds, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def delayed(*arguments: Any) -> Any:
        arrived.set()
        assert go_on.wait(30)
        return real_hold_on(*arguments)

    run = daemon.submit()
    monkeypatch.setattr(launcher_module, "hold_on", delayed)
    look = threading.Thread(target=daemon.look)
    look.start()
    assert arrived.wait(30)
    # the daemon has decided, the run is STARTING, and the launcher has not looked yet
    [hold] = holds.acquire(["fleet"], reason="a deployment", owner="ci")
    assert holds.in_flight(hold.scope) == [run.run_id]
    assert not holds.to_applying([hold.id])
    go_on.set()
    look.join(30)
    monkeypatch.undo()

    assert daemon.status(run) == DagsterRunStatus.QUEUED
    assert holds.to_applying([hold.id])
    daemon.look_later()
    assert (STARTED, daemon.enqueued(run)) == ({}, 2), "it is put back once, and then waits"
    messages = [entry.message for entry in daemon.instance.all_logs(run.run_id)]
    assert len([message for message in messages if "Reason: a deployment" in message]) == 1
    holds.release(hold.id)
    daemon.look_later()
    until(lambda: daemon.status(run) == DagsterRunStatus.SUCCESS, 10)


def test_a_run_that_the_launcher_has_let_pass_is_waited_for(
    daemon: Daemon, holds: Holds, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def delayed(*arguments: Any) -> Any:
        found = real_hold_on(*arguments)
        arrived.set()
        assert go_on.wait(30)
        return found

    run = daemon.submit()
    monkeypatch.setattr(launcher_module, "hold_on", delayed)
    look = threading.Thread(target=daemon.look)
    look.start()
    assert arrived.wait(30)
    # the launcher has looked, and has not started it yet
    [hold] = holds.acquire(["fleet"], reason="a deployment", owner="ci")
    assert not holds.to_applying([hold.id])
    go_on.set()
    look.join(30)
    until(lambda: holds.to_applying([hold.id]), 10)
    assert daemon.status(run) == DagsterRunStatus.SUCCESS


def test_under_a_stream_of_runs_and_holds_no_run_starts_in_a_gap_and_none_is_lost(
    daemon: Daemon, holds: Holds, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(7)  # noqa: S311 (no secret)

    def delayed(*arguments: Any) -> Any:
        time.sleep(chance.random() * 0.1)
        found = real_hold_on(*arguments)
        time.sleep(chance.random() * 0.1)
        return found

    monkeypatch.setattr(launcher_module, "hold_on", delayed)
    gaps: list[tuple[float, float]] = []
    runs: list[DagsterRun] = []
    with daemon.looking():
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            runs += [daemon.submit() for _ in range(chance.randrange(6))]
            scope = chance.choice(["fleet", EVERYTHING])
            [hold] = holds.acquire([scope], reason="a deployment", owner="ci", patience=30)
            runs += [daemon.submit() for _ in range(chance.randrange(3))]
            until(lambda number=hold.id: holds.to_applying([number]), 30, pause=0.01)  # type: ignore[misc]  # the type of a lambda with defaults
            begun = time.monotonic()
            time.sleep(chance.random() * 0.2)
            assert holds.check(hold.id).phase == Phase.APPLYING
            gaps.append((begun, time.monotonic()))
            holds.release(hold.id)
        until(lambda: all(daemon.status(run) == DagsterRunStatus.SUCCESS for run in runs), 60)
    assert set(STARTED) == {run.run_id for run in runs}
    assert len(gaps) > 5
    assert not [run for run, started in STARTED.items() if any(begun <= started <= ended for begun, ended in gaps)], (
        "started in a gap"
    )
    assert daemon.instance.get_runs_count(RunsFilter(statuses=[DagsterRunStatus.FAILURE])) == 0


def test_a_run_that_was_cancelled_meanwhile_is_not_put_back(
    daemon: Daemon, holds: Holds, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = daemon.submit()

    def cancelled(*arguments: Any) -> Any:
        set_status(database, run.run_id, "CANCELED")
        return holds.acquire(["fleet"], reason="a deployment", owner="ci")[0]

    monkeypatch.setattr(launcher_module, "hold_on", cancelled)
    daemon.look()
    assert daemon.enqueued(run) == 1
    assert STARTED == {}


def test_a_child_that_was_queued_when_its_parent_ended_waits_for_the_gap_to_close(
    daemon: Daemon, holds: Holds, database: Database
) -> None:
    parent = daemon.submit()
    set_status(database, parent.run_id, "STARTED")
    child = daemon.submit(**{"data_platform/parent_run": parent.run_id})
    [hold] = holds.acquire(["fleet"], reason="a deployment", owner="ci")
    set_status(database, parent.run_id, "SUCCESS")
    assert holds.to_applying([hold.id])
    daemon.look()
    assert (daemon.status(child), STARTED) == (DagsterRunStatus.QUEUED, {})
    daemon.look_later()
    assert daemon.enqueued(child) == 2
    holds.release(hold.id)
    daemon.look_later()
    until(lambda: daemon.status(child) == DagsterRunStatus.SUCCESS, 10)


def test_a_child_that_inherited_the_tags_of_a_run_that_waited_starts_all_the_same(
    daemon: Daemon, holds: Holds, database: Database
) -> None:
    earlier, parent = daemon.submit(), daemon.submit()
    assert earlier.tags["data_platform/gate"] == "fleet"
    set_status(database, earlier.run_id, "FAILURE")
    set_status(database, parent.run_id, "STARTED")
    holds.acquire([EVERYTHING], reason="a deployment", owner="ci")
    child = daemon.submit(**{**earlier.tags, "data_platform/parent_run": parent.run_id})
    assert "data_platform/gate" not in child.tags
    daemon.look_later()
    until(lambda: daemon.status(child) == DagsterRunStatus.SUCCESS, 10)


def test_an_abandoned_hold_in_draining_reopens_the_queue_by_itself(
    daemon: Daemon, holds: Holds, database: Database
) -> None:
    holds.acquire(["fleet"], reason="a deployment", owner="ci")
    run = daemon.submit()
    daemon.look()
    assert daemon.status(run) == DagsterRunStatus.QUEUED
    let_pass(database, 61)
    daemon.look_later()
    until(lambda: daemon.status(run) == DagsterRunStatus.SUCCESS, 10)


def test_settings_that_would_override_holds_are_refused(environment: None, home: Callable[..., str]) -> None:
    concurrency = SETTINGS["concurrency"] | {"runs": {"max_concurrent_runs": 5}}
    with (
        DagsterInstance.from_config(home(concurrency=concurrency)) as instance,
        pytest.raises(GateError, match=r"`concurrency.runs` is set, and would override every hold"),
    ):
        instance.run_coordinator  # noqa: B018


def test_another_storage_is_refused(environment: None, home: Callable[..., str], tmp_path: Path) -> None:
    with (
        DagsterInstance.from_config(home(storage={"sqlite": {"base_dir": str(tmp_path)}})) as instance,
        pytest.raises(GateError, match="the gate needs the platform's storage"),
    ):
        instance.run_coordinator  # noqa: B018


def test_the_launcher_that_starts_runs_is_a_setting(
    slow: DagsterInstance, environment: None, home: Callable[..., str]
) -> None:
    assert isinstance(slow.run_launcher, GateRunLauncher)
    assert isinstance(slow.run_launcher.launcher, SlowLauncher)
    assert not slow.run_launcher.supports_check_run_worker_health
    without = {key: SETTINGS["run_launcher"][key] for key in ("module", "class")} | {"config": {}}
    with DagsterInstance.from_config(home(run_launcher=without)) as ours:
        assert isinstance(ours.run_launcher, GateRunLauncher)
        assert isinstance(ours.run_launcher.launcher, ProcessRunLauncher)
        assert ours.run_launcher.supports_check_run_worker_health
