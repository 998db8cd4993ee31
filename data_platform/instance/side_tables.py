"""Rows that Dagster keeps beside its event log: of assets, and of checks that are planned."""

from collections.abc import Mapping, Sequence
from typing import Any

from dagster import EventLogEntry
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from data_platform.instance.private import AssetCheckExecutionRecordStatus, AssetKeyTable

Row = dict[str, Any]


def planned_check_rows(event: EventLogEntry, row: Row, event_id: int) -> list[Row]:
    """What the table of checks gets for a check that is planned: a row for each partition.

    Args:
        row: the event's own row.
        event_id: its number.
    """
    planned = event.get_dagster_event().asset_check_planned_data
    subset = planned.partitions_subset
    partitions: list[str | None] = [*subset.get_partition_keys()] if subset else [None]
    return [
        {
            "asset_key": planned.asset_key.to_string(),
            "check_name": planned.check_name,
            "partition": partition,
            "run_id": event.run_id,
            "execution_status": AssetCheckExecutionRecordStatus.PLANNED.value,
            "evaluation_event": row["event"],
            "evaluation_event_timestamp": row["timestamp"],
            "evaluation_event_storage_id": event_id,
        }
        for partition in partitions
    ]


def upsert_assets(connection: Connection, by_asset: Mapping[str, Row]) -> None:
    """Bring the table of assets up to what is new.

    Args:
        by_asset: changed columns by asset key as the table has it; an asset without any is only made.
    """
    by_columns: dict[tuple[str, ...], list[Row]] = {}
    # every process takes these rows' locks in the same order
    for asset, values in sorted(by_asset.items()):
        by_columns.setdefault(tuple(sorted(values)), []).append({"asset_key": asset, **values})
    for columns, rows in by_columns.items():
        connection.execute(_upsert(columns), rows)


def _upsert(columns: Sequence[str]) -> Any:
    statement = postgresql.insert(AssetKeyTable)
    if not columns:
        return statement.on_conflict_do_nothing()
    changed: Mapping[str, Any] = {name: statement.excluded[name] for name in columns}
    return statement.on_conflict_do_update(index_elements=[AssetKeyTable.c.asset_key], set_=changed)
