"""What this room relies on in Dagster's private modules; a Dagster release that changes it fails here first."""

import inspect
from pathlib import Path

import dagster as dg
from dagster._core.remote_representation.grpc_server_registry import GrpcServerRegistry
from dagster_postgres import PostgresEventLogStorage, PostgresRunStorage, PostgresScheduleStorage

import data_platform
from data_platform.instance import private
from data_platform.instance.code_server import private as server
from tests.importing import importers

LIBRARY = Path(data_platform.__file__).parent


def test_only_one_module_of_a_room_imports_what_is_private() -> None:
    assert importers(LIBRARY, "dagster._", "dagster_postgres.") == {"private.py"}


def test_a_storage_can_be_made_without_touching_the_database() -> None:
    for storage in (PostgresEventLogStorage, PostgresRunStorage, PostgresScheduleStorage):
        parameters = list(inspect.signature(storage.__init__).parameters)
        assert parameters[1:4] == ["postgres_url", "should_autocreate_tables", "inst_data"]
        made = storage("postgresql+psycopg2://nowhere.invalid/nothing", should_autocreate_tables=False)
        assert made._engine.url.host == "nowhere.invalid"


def test_the_methods_this_room_replaces_or_calls_are_there() -> None:
    used = {
        PostgresEventLogStorage: {
            "_connect": ["self"],
            "index_transaction": ["self"],
            "optimize_for_webserver": ["self", "statement_timeout", "pool_recycle", "max_overflow"],
            "store_event": ["self", "event"],
            "store_event_batch": ["self", "events"],
            "claim_concurrency_slot": ["self", "concurrency_key", "run_id", "step_key", "priority"],
            "has_pending_step": ["self", "concurrency_key", "run_id", "step_key"],
            "free_concurrency_slot_for_step": ["self", "run_id", "step_key"],
            "store_asset_check_event": ["self", "event", "event_id"],
            "has_table": ["self", "table_name"],
            "has_asset_key_col": ["self", "column_name"],
            "has_secondary_index": ["self", "name"],
            "_event_to_row": ["self", "event"],
            "_store_asset_event_tags": ["self", "conn", "events", "event_ids"],
            "_get_asset_entry_values": ["self", "event", "event_id", "has_asset_key_index_cols"],
            "_get_latest_materialization_records": ["self", "raw_asset_rows"],
        },
        dg.DefaultRunLauncher: {
            "launch_run": ["self", "context"],
            "terminate": ["self", "run_id"],
            "check_run_worker_health": ["self", "run"],
        },
        PostgresRunStorage: {
            "connect": ["self"],
            "optimize_for_webserver": ["self", "statement_timeout", "pool_recycle", "max_overflow"],
            "handle_run_event": ["self", "run_id", "event", "update_timestamp"],
            "has_run_stats_index_cols": ["self"],
            "has_bulk_actions_selector_cols": ["self"],
            "has_backfill_id_column": ["self"],
            "has_bulk_action_job_name_column": ["self"],
            "has_backfill_tags_table": ["self"],
        },
        PostgresScheduleStorage: {
            "connect": ["self", "run_id"],
            "optimize_for_webserver": ["self", "statement_timeout", "pool_recycle", "max_overflow"],
            "_has_instigators_table": ["self", "conn"],
            "_has_asset_daemon_asset_evaluations_table": ["self", "conn"],
            "has_secondary_index_table": ["self"],
            "has_built_index": ["self", "migration_name"],
        },
    }
    for storage, methods in used.items():
        for name, parameters in methods.items():
            assert list(inspect.signature(getattr(storage, name)).parameters) == parameters, (storage, name)


def test_the_tables_this_room_writes_have_their_columns() -> None:
    assert [c.name for c in private.SqlEventLogStorageTable.columns] == [
        *("id", "run_id", "event", "dagster_event_type", "timestamp", "step_key", "asset_key", "partition")
    ]
    assert {c.name for c in private.AssetCheckExecutionsTable.columns} == {
        *("id", "asset_key", "check_name", "partition", "run_id", "execution_status", "evaluation_event"),
        *("evaluation_event_timestamp", "evaluation_event_storage_id", "materialization_event_storage_id"),
        "create_timestamp",
    }
    assert {"asset_key", "last_materialization", "asset_details"} <= {c.name for c in private.AssetKeyTable.columns}


def test_dagster_hands_over_these_events_in_batches_and_no_others() -> None:
    kinds = dg.DagsterEventType
    assert {
        kinds.ASSET_MATERIALIZATION,
        kinds.ASSET_OBSERVATION,
        kinds.ASSET_FAILED_TO_MATERIALIZE,
        kinds.ASSET_MATERIALIZATION_PLANNED,
        kinds.ASSET_CHECK_EVALUATION_PLANNED,
    } == private.BATCH_WRITABLE_EVENTS
    # each event of these kinds writes to a side table that `events.py` knows
    assert {kinds.ASSET_CHECK_EVALUATION, kinds.ASSET_CHECK_EVALUATION_PLANNED} == private.ASSET_CHECK_EVENTS
    assert {
        kinds.ASSET_MATERIALIZATION,
        kinds.ASSET_OBSERVATION,
        kinds.ASSET_MATERIALIZATION_PLANNED,
        kinds.ASSET_FAILED_TO_MATERIALIZE,
        kinds.FRESHNESS_STATE_CHANGE,
    } == private.ASSET_EVENTS


def test_a_run_can_be_executed_from_what_is_stored_of_it() -> None:
    assert list(inspect.signature(private.core_execute_run).parameters)[:4] == [
        *("recon_job", "dagster_run", "instance", "inject_env_vars")
    ]
    assert list(inspect.signature(private.recon_job_from_origin).parameters) == ["origin"]
    assert private.GRPC_INFO_TAG == ".dagster/grpc_info"
    assert isinstance(private.GrpcServerCodeLocation.socket, property)


def test_the_code_server_finds_in_dagster_s_what_it_replaces_or_uses() -> None:
    servicer = server.DagsterProxyApiServicer
    for name, parameters in {
        "ReloadCode": ["self", "request", "context"],
        "StartRun": ["self", "request", "context"],
        "_reload_location": ["self"],
        "cleanup": ["self"],
    }.items():
        assert list(inspect.signature(getattr(servicer, name)).parameters) == parameters
    source = inspect.getsource(servicer)
    for attribute in (
        *("_client", "_load_error", "_client_heartbeat_shutdown_event", "_client_heartbeat_thread"),
        *("_reload_lock", "_grpc_server_registry", "_origin", "_logger", "_shutdown_once_executions_finish_event"),
    ):
        assert f"self.{attribute}" in source, attribute
    assert "startup_timeout=self._startup_timeout" in inspect.getsource(GrpcServerRegistry)
