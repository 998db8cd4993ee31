"""The pooled storage against Dagster's own PostgreSQL storage, and when PostgreSQL goes away."""

import multiprocessing
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg2
import pytest
import sqlalchemy
from dagster import DagsterInstance
from dagster._core.events import AssetMaterializationPlannedData
from dagster._core.test_utils import instance_for_test
from dagster._serdes import deserialize_value
from sqlalchemy import event
from sqlalchemy.engine import Engine

from data_platform.errors import DataPlatformError
from data_platform.instance.address import database_url, with_driver
from data_platform.instance.connections import shared_database
from data_platform.instance.embedded import EmbeddedPostgres
from data_platform.instance.pool import KEPT

ASSETS, CHECKS = 6, 3


@dg.multi_asset(
    specs=[dg.AssetSpec(f"model_{i}", deps=[f"model_{i - 1}"] if i else [], skippable=True) for i in range(ASSETS)],
    check_specs=[dg.AssetCheckSpec(f"check_{k}", asset=f"model_{i}") for i in range(ASSETS) for k in range(CHECKS)],
    can_subset=True,
)
def models(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    for i in range(ASSETS):
        key = dg.AssetKey(f"model_{i}")
        if key not in context.selected_asset_keys:
            continue
        yield dg.MaterializeResult(key, metadata={"rows": i}, tags={"kind": "model"})
        for k in range(CHECKS):
            yield dg.AssetCheckResult(asset_key=key, check_name=f"check_{k}", passed=k < 2, metadata={"count": k})


months = dg.StaticPartitionsDefinition(["2013-01", "2013-02", "2013-03"])


@dg.asset(partitions_def=months, backfill_policy=dg.BackfillPolicy.single_run())
def monthly(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"months": len(context.partition_keys)})


@dg.asset_check(asset=monthly, partitions_def=months)
def monthly_check(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset(deps=["model_0"])
def broken() -> None:
    raise ValueError("on purpose")


TERMINATE_OTHERS = (
    "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)

STOCK = {"postgres": {"postgres_url": "{url}"}}
POOLED = {
    "custom": {
        "module": "data_platform.instance.storage",
        "class": "PooledPostgresStorage",
        "config": {"postgres_url": "{url}"},
    }
}


def instance_on(stack: ExitStack, storage: dict[str, Any], url: str) -> DagsterInstance:
    text = url.replace("postgresql://", "postgresql+psycopg2://") if "postgres" in storage else url
    settings = {name: _filled(part, text) for name, part in storage.items()}
    return stack.enter_context(instance_for_test(overrides={"storage": settings}))


def _filled(part: dict[str, Any], url: str) -> dict[str, Any]:
    return {
        key: _filled(value, url) if isinstance(value, dict) else str(value).replace("{url}", url)
        for key, value in part.items()
    }


def do_everything(instance: DagsterInstance) -> None:
    """Runs, events of every kind, partitions, wipes, slots, ticks, key-value pairs: the same on any storage."""
    dg.materialize([models], instance=instance)
    dg.materialize([models], instance=instance, selection=["model_0", "model_3"])
    dg.materialize([monthly, monthly_check], instance=instance, partition_key="2013-02")
    dg.materialize(
        [monthly],
        instance=instance,
        tags={"dagster/asset_partition_range_start": "2013-01", "dagster/asset_partition_range_end": "2013-03"},
    )
    dg.materialize([models, broken], instance=instance, raise_on_error=False)
    instance.report_runless_asset_event(dg.AssetMaterialization("model_1", metadata={"by": "hand"}))
    instance.report_runless_asset_event(dg.AssetObservation("outside", tags={"seen": "yes"}))
    instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(asset_key=dg.AssetKey("model_2"), check_name="check_0", passed=False)
    )
    instance.wipe_assets([dg.AssetKey("model_4")])
    instance.add_dynamic_partitions("routes", ["JFK-LAX", "EWR-SFO"])
    instance.delete_dynamic_partition("routes", "EWR-SFO")
    instance.event_log_storage.set_concurrency_slots("duckdb_fleet", 1)
    instance.event_log_storage.claim_concurrency_slot("duckdb_fleet", "a-run", "a-step")
    instance.event_log_storage.claim_concurrency_slot("duckdb_fleet", "a-run", "second-step")
    instance.daemon_cursor_storage.set_cursor_values({"cursor": "7", "other": "8"})
    instance.daemon_cursor_storage.set_cursor_values({"cursor": "9"})


# what differs between any two executions: times, random ids, process numbers
_VARYING = {"create_timestamp", "update_timestamp", "timestamp", "event_timestamp", "start_time", "end_time"}
_VARYING |= {"last_materialization_timestamp", "evaluation_event_timestamp", "wipe_timestamp", "migration_completed"}
_VARYING |= {"run_id", "run_body", "last_run_id", "event", "evaluation_event", "last_materialization", "body"}
_VARYING |= {"snapshot_id", "snapshot_body", "asset_details", "run_storage_id", "assigned_timestamp", "tags"}
# sizes of single events say enough about their text; numbers in it vary a little in length
_SAME_TEXT = {"event", "evaluation_event", "last_materialization"}


def rows_of(url: str) -> dict[str, list[Any]]:
    """Every row of every table, without what differs between any two executions; run ids numbered by appearance."""
    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg2://"))
    found: dict[str, list[Any]] = {}
    with engine.connect() as connection:
        runs = [row[0] for row in connection.exec_driver_sql("SELECT run_id FROM runs ORDER BY id")]
        for table in sorted(sqlalchemy.inspect(connection).get_table_names()):
            rows = connection.exec_driver_sql(f'SELECT * FROM "{table}"').mappings().all()
            # an asset's number has gaps: every upsert uses one up, and a batch makes fewer of them
            unnumbered = [{k: v for k, v in row.items() if (table, k) != ("asset_keys", "id")} for row in rows]
            found[table] = sorted((_comparable(row, runs) for row in unnumbered), key=repr)
    engine.dispose()
    return found


def _comparable(row: dict[str, Any], runs: list[str]) -> list[Any]:
    kept: list[Any] = []
    for name, value in sorted(row.items()):
        if name in ("run_id", "last_run_id") and value in runs:
            kept.append((name, f"run {runs.index(value)}"))
        elif name in _SAME_TEXT and value:
            kept.append((name, _event(value)))
        elif name == "value" and len(str(value)) > 20:
            kept.append((name, "an id or a version"))
        elif name not in _VARYING:
            kept.append((name, value))
    return kept


def _event(text: str) -> Any:
    stored = deserialize_value(text)
    entry = getattr(stored, "event_log_entry", stored)
    happened = entry.dagster_event
    return (
        getattr(stored, "storage_id", None),
        entry.step_key,
        entry.level,
        happened and (happened.event_type_value, happened.asset_key, happened.partition, happened.step_key),
    )


@pytest.fixture
def two_databases(database_url: str, server: EmbeddedPostgres) -> Iterator[tuple[str, str]]:
    name = database_url.rsplit("/", maxsplit=1)[-1].split("?", maxsplit=1)[0]
    second = database_url.replace(name, f"{name}_b")
    _execute(server.url, f"CREATE DATABASE {name}_b")
    yield database_url, second
    shared_database(second).dispose()
    _execute(server.url, f"DROP DATABASE {name}_b WITH (FORCE)")


def _execute(url: str, statement: str) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    connection.cursor().execute(statement)
    connection.close()


def test_every_table_has_the_same_rows_as_with_dagsters_own_storage(two_databases: tuple[str, str]) -> None:
    stock_url, pooled_url = two_databases
    for storage, url in ((STOCK, stock_url), (POOLED, pooled_url)):
        with ExitStack() as stack:
            do_everything(instance_on(stack, storage, url))
    stock, pooled = rows_of(stock_url), rows_of(pooled_url)
    assert stock.keys() == pooled.keys()
    for table in stock:
        # batches are sorted by asset, single events are not: ids differ inside a run's planned events only
        assert pooled[table] == stock[table], table


@pytest.fixture
def pooled(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    monkeypatch.delenv("DAGSTER_EVENT_BATCH_SIZE", raising=False)
    with ExitStack() as stack:
        yield instance_on(stack, POOLED, database_url)
    shared_database(database_url).dispose()


def test_a_runs_planned_events_take_one_statement_a_table(pooled: DagsterInstance) -> None:
    inserts: Counter[str] = Counter()

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO"):
            inserts[statement.split()[2]] += 1

    job = dg.Definitions(assets=[models], jobs=[dg.define_asset_job("job")]).resolve_job_def("job")
    event.listen(Engine, "before_cursor_execute", count)
    try:
        run = pooled.create_run_for_job(job)
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    planned = pooled.all_logs(run.run_id)
    assert len(planned) == ASSETS * (1 + CHECKS)
    assert inserts["event_logs"] == inserts["asset_check_executions"] == inserts["asset_keys"] == 1


def test_a_batch_that_fails_leaves_nothing_behind(pooled: DagsterInstance, database_url: str) -> None:
    entries = [
        dg.EventLogEntry(
            error_info=None,
            level="debug",
            user_message="",
            run_id="a-run",
            timestamp=time.time(),
            dagster_event=dg.DagsterEvent(
                dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED.value,
                "job",
                event_specific_data=AssetMaterializationPlannedData(dg.AssetKey(f"a{i}")),
            ),
        )
        for i in range(3)
    ]
    _execute(database_url, "ALTER TABLE asset_keys ADD CONSTRAINT no_a2 CHECK (asset_key <> '[\"a2\"]')")
    with pytest.raises(sqlalchemy.exc.IntegrityError):
        pooled.event_log_storage.store_event_batch(entries)
    assert pooled.all_logs("a-run") == []
    _execute(database_url, "ALTER TABLE asset_keys DROP CONSTRAINT no_a2")
    pooled.event_log_storage.store_event_batch(entries)
    assert [e.get_dagster_event().asset_key for e in pooled.all_logs("a-run")] == [
        dg.AssetKey(f"a{i}") for i in range(3)
    ]


def test_a_process_keeps_few_connections_and_gives_them_back(pooled: DagsterInstance, database_url: str) -> None:
    threads = [threading.Thread(target=pooled.get_runs) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + 30
    while _ask(database_url, others) > KEPT and time.monotonic() < deadline:
        time.sleep(0.1)  # the server ends a session a moment after it was closed
    assert 1 <= _ask(database_url, others) <= KEPT


def _ask(url: str, query: str) -> Any:
    connection = psycopg2.connect(url)
    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    connection.close()
    return row and row[0]


def test_a_forked_process_does_not_share_connections(pooled: DagsterInstance) -> None:
    pooled.get_runs()
    context = multiprocessing.get_context("fork")
    answers: Any = context.Queue()

    def child() -> None:
        answers.put(len(pooled.get_runs()))

    processes = [context.Process(target=child) for _ in range(3)]
    for process in processes:
        process.start()
    for _ in range(50):
        assert pooled.get_runs() == []
    assert [answers.get(timeout=30) for _ in processes] == [0, 0, 0]
    for process in processes:
        process.join(30)
    assert pooled.get_runs() == []


def test_connections_the_server_closed_are_replaced_unseen(pooled: DagsterInstance, database_url: str) -> None:
    pooled.get_runs()
    _ask(database_url, TERMINATE_OTHERS)
    assert pooled.get_runs() == []
    dg.materialize([models], instance=pooled)


def test_processes_that_start_at_once_on_an_empty_database_make_its_tables_once(database_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_open_storage, args=(database_url,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]


def _open_storage(url: str) -> None:
    from data_platform.instance.storage import PooledPostgresStorage

    assert PooledPostgresStorage(url).run_storage.get_runs() == []


class KeptServer:
    """PostgreSQL under something that starts it again, as on a real machine."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.server = server
        self.kept = True
        server.prepare()
        self.process = subprocess.Popen(server.command(), stderr=subprocess.DEVNULL)
        self.keeper = threading.Thread(target=self._keep)
        self.keeper.start()
        server.wait_until_ready()

    def _keep(self) -> None:
        while True:
            self.process.wait()
            if not self.kept:
                return
            time.sleep(0.5)
            self.process = subprocess.Popen(self.server.command(), stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        self.kept = False
        self.process.send_signal(EmbeddedPostgres.STOP_SIGNAL)
        self.keeper.join(30)


@pytest.fixture
def kept_server() -> Iterator[KeptServer]:
    with tempfile.TemporaryDirectory(prefix="dp-") as state:
        kept = KeptServer(EmbeddedPostgres(Path(state)))
        yield kept
        kept.stop()


def test_a_run_survives_a_kill_of_postgresql_with_every_event_stored_once(kept_server: KeptServer) -> None:
    @dg.asset
    def talkative(context: dg.AssetExecutionContext) -> None:
        for i in range(300):
            context.log.info(f"line {i}")
            if i in (50, 200):
                kept_server.process.kill()
            time.sleep(0.002)

    with ExitStack() as stack:
        instance = instance_on(stack, POOLED, kept_server.server.url)
        result = dg.materialize([talkative, models], instance=instance)
        assert result.success
        logs = instance.all_logs(result.run_id)
        lines = [entry.user_message for entry in logs if entry.user_message.startswith("line ")]
        assert lines == [f"line {i}" for i in range(300)]
        kinds = Counter(entry.dagster_event_type for entry in logs)
        assert kinds[dg.DagsterEventType.ASSET_MATERIALIZATION] == ASSETS + 1
        assert kinds[dg.DagsterEventType.ASSET_CHECK_EVALUATION] == ASSETS * CHECKS
        run = instance.get_run_by_id(result.run_id)
        assert run
        assert run.status == dg.DagsterRunStatus.SUCCESS
        shared_database(kept_server.server.url).dispose()


def test_a_commit_whose_answer_was_lost_is_not_repeated(kept_server: KeptServer) -> None:
    with ExitStack() as stack:
        instance = instance_on(stack, POOLED, kept_server.server.url)
        database = shared_database(kept_server.server.url)
        lost = []

        def lose_the_answer(connection: Any) -> None:
            if not lost:
                lost.append(True)
                raw = connection.connection.dbapi_connection
                raw.commit()
                raw.cursor().execute("SELECT 1")  # something for the second commit to fail on
                _ask(kept_server.server.url, TERMINATE_OTHERS)

        event.listen(database.engine, "commit", lose_the_answer)
        instance.report_runless_asset_event(dg.AssetMaterialization("once"))
        assert lost
        assert len(instance.fetch_materializations(dg.AssetKey("once"), limit=10).records) == 1
        database.dispose()


def test_a_database_that_is_not_running_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_platform.instance.connections._FIRST_PATIENCE_SECONDS", 0.2)
    url = f"postgresql://data_platform@/data_platform?host={tmp_path}"
    with pytest.raises(DataPlatformError, match="does not answer") as raised:
        _open_storage(url)
    assert "make up" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_database_that_refuses_is_not_asked_again(database_url: str) -> None:
    began = time.monotonic()
    with pytest.raises(DataPlatformError, match="does not exist"):
        _open_storage(database_url.replace("/test_", "/no_"))
    assert time.monotonic() - began < 3


def test_an_address_that_is_not_postgresqls_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_POSTGRES_URL", "mysql://user:secret@host/database")
    with pytest.raises(DataPlatformError, match="not the address of a PostgreSQL") as raised:
        database_url()
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2", "postgresql+psycopg"])
def test_every_way_to_write_a_postgresql_address_is_understood(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_POSTGRES_URL", f"{scheme}://user:secret@host/database")
    assert database_url() == "postgresql://user:secret@host/database"
    assert with_driver(database_url()) == "postgresql+psycopg2://user:secret@host/database"


def test_the_web_servers_statements_are_limited_in_time(pooled: DagsterInstance, database_url: str) -> None:
    pooled.optimize_for_webserver(statement_timeout=300, pool_recycle=3600, max_overflow=20)
    for connect in (pooled.run_storage.connect, pooled.event_log_storage.index_connection):  # type: ignore[attr-defined]
        with pytest.raises(sqlalchemy.exc.OperationalError, match="statement timeout"), connect() as connection:
            connection.exec_driver_sql("SELECT pg_sleep(2)")
    assert pooled.get_runs() == []
