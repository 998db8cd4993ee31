"""Dagster's event log on pooled connections, written in one transaction a batch."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from dagster import AssetKey, DagsterEventType, EventLogEntry, EventLogRecord
from dagster_postgres import PostgresEventLogStorage
from sqlalchemy import select
from sqlalchemy.engine import Connection

from data_platform.instance import run_locks
from data_platform.instance.connections import Database
from data_platform.instance.pooled import Pooled
from data_platform.instance.private import (
    ASSET_CHECK_EVENTS,
    ASSET_EVENTS,
    ASSET_KEY_INDEX_COLS,
    BATCH_WRITABLE_EVENTS,
    AssetCheckExecutionsTable,
    ConcurrencyClaimStatus,
    ConcurrencySlotStatus,
    ConfigurableClassData,
    SqlEventLogStorageTable,
    deserialize_value,
    raise_execution_interrupts,
)
from data_platform.instance.side_tables import Row, planned_check_rows, upsert_assets
from data_platform.instance.tables import asks_once

_STEP_WAITS_SECONDS = 0.5
_ENDS = frozenset({DagsterEventType.RUN_SUCCESS, DagsterEventType.RUN_FAILURE, DagsterEventType.RUN_CANCELED})


@asks_once("has_table", "has_asset_key_col")
class PooledEventLogStorage(Pooled, PostgresEventLogStorage):
    """Dagster's PostgreSQL event log, the same tables and rows.

    What differs: connections come from a pool; an event and its rows in the side tables are committed together; a
    batch is written with one statement a table; nothing is announced with NOTIFY (no reader listens any more).
    """

    def __init__(self, database: Database, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(database.url, should_autocreate_tables=False, inst_data=inst_data)
        self.use(database)

    def _connect(self) -> AbstractContextManager[Connection]:
        return self.database.connect()

    @contextmanager
    def index_transaction(self) -> Iterator[Connection]:
        """A connection in a transaction: the one that is open in this thread, or one of its own."""
        with self.database.transaction() as connection:
            yield connection

    def claim_concurrency_slot(
        self, concurrency_key: str, run_id: str, step_key: str, priority: int | None = None
    ) -> ConcurrencyClaimStatus:
        """Claim a pool's slot for a step, unless a hold has its run stand still between its steps.

        A step that must wait for a hold does not stand in line for its pool meanwhile: others, such as a deployment's
        smoke runs, could not pass it.
        """
        from data_platform.gate.steps import must_wait  # the gate is built on this room

        if not must_wait(self.database, run_id):
            return super().claim_concurrency_slot(concurrency_key, run_id, step_key, priority)
        if self.has_pending_step(concurrency_key, run_id, step_key):
            self.free_concurrency_slot_for_step(run_id, step_key)
        with raise_execution_interrupts():  # the run can be cancelled here, as in a step
            time.sleep(_STEP_WAITS_SECONDS)  # Dagster's executor would ask again and again without a pause
        return ConcurrencyClaimStatus(
            concurrency_key=concurrency_key, slot_status=ConcurrencySlotStatus.BLOCKED, sleep_interval=0.0
        )

    def store_event(self, event: EventLogEntry) -> None:
        """Store one event; it is on disk when this returns."""
        if event.dagster_event_type == DagsterEventType.RUN_START:
            run_locks.hold(event.run_id)  # only the process that executes a run says so
        self._store([event])
        if event.dagster_event_type in _ENDS:
            run_locks.let_go(event.run_id)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events that Dagster hands over together, in their order; all or none.

        Raises:
            ValueError: an event is of a kind that Dagster does not write in batches.
        """
        for event in events:
            if event.dagster_event_type not in BATCH_WRITABLE_EVENTS:
                raise ValueError(f"{event.dagster_event_type} events are not written in batches")
        kept = [event for event in events if not event.get_dagster_event().is_asset_failed_to_materialize]
        if kept:
            self._store(kept)

    def _store(self, events: Sequence[EventLogEntry]) -> None:
        attempts = 0

        def attempt() -> None:
            nonlocal attempts
            attempts += 1
            writing = self.database.connect() if _is_one_row(events) else self.database.transaction()
            with writing as connection:
                # the connection may have been lost after the commit: then everything is there already
                if attempts == 1 or not self._is_stored(connection, events[0]):
                    self._insert(connection, events)

        self.database.patiently(attempt)

    def _is_stored(self, connection: Connection, event: EventLogEntry) -> bool:
        table, row = SqlEventLogStorageTable.c, self._event_to_row(event)
        same = (table.run_id == row["run_id"], table.timestamp == row["timestamp"], table.event == row["event"])
        return connection.execute(select(table.id).where(*same).limit(1)).first() is not None

    def _insert(self, connection: Connection, events: Sequence[EventLogEntry]) -> None:
        rows = [self._event_to_row(event) for event in events]
        insert = SqlEventLogStorageTable.insert().returning(SqlEventLogStorageTable.c.id, sort_by_parameter_order=True)
        ids: list[int] = list(connection.execute(insert, rows if len(rows) > 1 else rows[0]).scalars())
        of_assets: list[tuple[EventLogEntry, int]] = []
        planned_checks: list[Row] = []
        for event, row, number in zip(events, rows, ids, strict=True):
            kind = event.dagster_event_type
            if kind in ASSET_EVENTS and event.get_dagster_event().asset_key:
                of_assets.append((event, number))
            if kind == DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED:
                planned_checks += planned_check_rows(event, row, number)
            elif kind in ASSET_CHECK_EVENTS:
                self.store_asset_check_event(event, number)
        if planned_checks:
            connection.execute(AssetCheckExecutionsTable.insert(), planned_checks)
        if of_assets:
            self._store_asset_event_tags(connection, *zip(*of_assets, strict=True))
            self._index_assets(connection, of_assets)

    def _get_latest_materialization_records(self, raw_asset_rows: Iterable[Any]) -> Mapping[Any, EventLogRecord | None]:
        rows = list(raw_asset_rows)
        if all(row["last_materialization"] and not row["asset_details"] for row in rows):
            records = {AssetKey.from_db_string(row["asset_key"]): _record(row) for row in rows}
            if all(isinstance(record, EventLogRecord) for record in records.values()):
                return records
        # wiped, never materialized, or written by an old Dagster: those are looked up in the event log
        return super()._get_latest_materialization_records(rows)

    def _index_assets(self, connection: Connection, events: Sequence[tuple[EventLogEntry, int]]) -> None:
        """Bring the table of assets up to the last of these events for each asset."""
        has_index_columns = self.has_secondary_index(ASSET_KEY_INDEX_COLS)
        by_asset: dict[str, Row] = {}
        for event, event_id in events:
            asset_key = event.get_dagster_event().asset_key
            assert asset_key  # noqa: S101 - the caller chose these
            latest = by_asset.setdefault(asset_key.to_string(), {})
            latest.update(self._get_asset_entry_values(event, event_id, has_index_columns))
        upsert_assets(connection, by_asset)


def _is_one_row(events: Sequence[EventLogEntry]) -> bool:
    kinds = (event.dagster_event_type for event in events)
    return len(events) == 1 and not any(kind in ASSET_EVENTS | ASSET_CHECK_EVENTS for kind in kinds)


def _record(row: Any) -> Any:
    return deserialize_value(row["last_materialization"])
