"""The instance as every process of the platform loads it, from dagster_home/dagster.yaml."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster import DagsterInstance
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.scheduler.instigation import TickStatus

from data_platform.instance.connections import shared_database
from data_platform.instance.embedded import EmbeddedPostgres

HOME = Path(__file__).parents[2] / "dagster_home"


def test_it_is_kept_in_the_embedded_postgresql(instance: DagsterInstance, server: EmbeddedPostgres) -> None:
    @dg.asset
    def one() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata={"rows": 1})

    result = dg.materialize([one], instance=instance)
    with shared_database(server.url).connect() as connection:
        assert result.run_id in connection.exec_driver_sql("SELECT run_id FROM runs").scalars()


def test_runs_wait_in_a_queue_that_is_looked_at_every_second(instance: DagsterInstance) -> None:
    assert isinstance(instance.run_coordinator, dg.QueuedRunCoordinator)
    assert instance.run_coordinator.dequeue_interval_seconds == 1


def test_a_pool_has_one_slot_taken_by_a_step(instance: DagsterInstance) -> None:
    pools = instance.get_concurrency_config().pool_config
    assert (pools.default_pool_limit, pools.pool_granularity and pools.pool_granularity.value) == (1, "op")
    instance.event_log_storage.initialize_concurrency_limit_to_default("duckdb_fleet")
    assert instance.event_log_storage.get_concurrency_info("duckdb_fleet").slot_count == 1


def test_no_setting_overrides_the_answers_of_a_run_coordinator() -> None:
    settings = yaml.safe_load((HOME / "dagster.yaml").read_text())
    assert "runs" not in settings["concurrency"]
    assert "run_queue" not in settings


def test_a_run_that_died_is_noticed_and_its_slots_are_freed(instance: DagsterInstance) -> None:
    assert instance.run_monitoring_enabled
    assert instance.run_launcher.supports_check_run_worker_health
    assert instance.run_monitoring_settings["free_slots_after_run_end_seconds"] == 5
    assert instance.run_monitoring_start_timeout_seconds == 180
    assert instance.run_monitoring_cancel_timeout_seconds == 120
    assert instance.run_monitoring_poll_interval_seconds == 5


def test_a_run_is_tried_again_only_where_it_asks_for_it(instance: DagsterInstance) -> None:
    assert instance.run_retries_enabled
    assert instance.run_retries_max_retries == 0
    assert not instance.run_retries_retry_on_asset_or_op_failure


def test_old_evaluations_are_purged(instance: DagsterInstance) -> None:
    kept = {kind: instance.get_tick_retention_settings(kind) for kind in InstigatorType}
    assert all(days > 0 for settings in kept.values() for days in settings.values())
    assert kept[InstigatorType.SENSOR][TickStatus.SKIPPED] == 7


def test_nothing_is_reported_to_anyone_and_no_dialog_asks_for_an_address(instance: DagsterInstance) -> None:
    assert not instance.telemetry_enabled
    assert not instance.nux_enabled


def test_files_lie_under_the_state_folder(instance: DagsterInstance, server: EmbeddedPostgres) -> None:
    @dg.asset
    def printing() -> int:
        print("what a step prints")
        return 1

    before = set(HOME.iterdir())
    assert dg.materialize([printing], instance=instance).success
    assert set(HOME.iterdir()) == before
    outputs = (server.state.resolve() / "dagster/output").rglob("*.out")
    assert "what a step prints" in "".join(path.read_text() for path in outputs)
    assert instance.storage_directory() == str(server.state.resolve() / "dagster/storage")


def test_an_unknown_environment_is_refused(instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_ENVIRONMENT", "production")
    with pytest.raises(Exception, match=r"DATA_PLATFORM_ENVIRONMENT='production' is not known.*local, ci, dev, prod"):
        DagsterInstance.from_config(str(HOME)).get_runs()


def test_a_database_that_is_down_is_named_with_what_to_do(tmp_path: Path) -> None:
    code = "from dagster import DagsterInstance; DagsterInstance.get().get_runs()"
    environment = {"DAGSTER_HOME": str(HOME), "DATA_PLATFORM_STATE": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "start it with `make up`" in done.stderr.strip().splitlines()[-1]
