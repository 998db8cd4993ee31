"""What this room relies on in Dagster's private modules; a Dagster release that changes it fails here first."""

import inspect
from pathlib import Path

import dagster as dg
from dagster._core.run_coordinator.queued_run_coordinator import RunQueueConfig
from dagster._core.storage.runs.schema import RunsTable, RunTagsTable
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import QueuedRunCoordinatorDaemon
from dagster._utils.tags import TagConcurrencyLimitsCounter

from data_platform.gate import private
from data_platform.gate.admission import LOCATION_TAG
from data_platform.gate.runs import IN_FLIGHT
from tests.importing import importers

ROOM = Path(private.__file__).parent


def test_only_one_module_imports_what_is_private() -> None:
    assert importers(ROOM, "dagster._") == {"private.py"}


def test_the_methods_this_room_replaces_or_calls_are_there() -> None:
    used = {
        dg.QueuedRunCoordinator: {
            "get_run_queue_config": ["self"],
            "submit_run": ["self", "context"],
            "register_instance": ["self", "instance"],
        },
        private.RunLauncher: {
            "launch_run": ["self", "context"],
            "resume_run": ["self", "context"],
            "terminate": ["self", "run_id"],
            "check_run_worker_health": ["self", "run"],
            "get_run_worker_debug_info": ["self", "run", "include_container_logs"],
            "dispose": ["self"],
            "join": ["self", "timeout"],
        },
    }
    used[dg.DagsterInstance] = {
        "get_concurrency_config": ["self"],
        "get_execution_plan_snapshot": ["self", "snapshot_id"],
        "all_logs": ["self", "run_id", "of_type"],
    }
    for owner, methods in used.items():
        for name, parameters in methods.items():
            assert list(inspect.signature(getattr(owner, name)).parameters) == parameters, (owner, name)


def test_a_launcher_has_nothing_that_the_gate_does_not_hand_on() -> None:
    from data_platform.gate.launcher import GateRunLauncher

    theirs = {name for name in vars(private.RunLauncher) if not name.startswith("_")}
    assert theirs <= set(vars(GateRunLauncher)), "a new method of launchers is not handed on"


def test_the_queue_asks_for_its_limits_in_every_iteration() -> None:
    assert "get_concurrency_config()" in inspect.getsource(QueuedRunCoordinatorDaemon.run_iteration)


def test_a_run_is_starting_before_the_launcher_is_called() -> None:
    source = inspect.getsource(QueuedRunCoordinatorDaemon._dequeue_run)
    assert source.index("PIPELINE_STARTING") < source.index("run_launcher.launch_run(")


def test_a_limit_of_nothing_stops_runs_by_tag_or_by_value() -> None:
    run = dg.DagsterRun(job_name="a", tags={"gate": "fleet"})
    other = dg.DagsterRun(job_name="a", tags={"gate": "operations"})
    by_value = TagConcurrencyLimitsCounter([{"key": "gate", "value": "fleet", "limit": 0, "held_by": "x"}], [])
    assert (by_value.is_blocked(run), by_value.is_blocked(other)) == (True, False)
    by_key = TagConcurrencyLimitsCounter([{"key": "gate", "limit": 0}], [])
    assert (by_key.is_blocked(run), by_key.is_blocked(dg.DagsterRun(job_name="a"))) == (True, False)


def test_a_queue_without_slots_is_possible() -> None:
    assert RunQueueConfig(10, [])._replace(max_concurrent_runs=0).max_concurrent_runs == 0


def test_the_columns_and_words_of_the_gate_s_queries_are_dagster_s() -> None:
    assert {"id", "run_id", "status", "run_body"} <= {column.name for column in RunsTable.columns}
    assert {"run_id", "key", "value"} <= {column.name for column in RunTagsTable.columns}
    assert (RunsTable.name, RunTagsTable.name) == ("runs", "run_tags")
    assert {status.value for status in dg.DagsterRunStatus} >= {*IN_FLIGHT, "QUEUED"}
    assert private.CODE_LOCATION_TAG == LOCATION_TAG
