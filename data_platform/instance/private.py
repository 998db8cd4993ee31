"""Every import of a private Dagster module in this room.

Dagster names no public way to write a storage; what stands here is what one needs. `tests/instance/test_private.py`
pins what this room relies on, so that a Dagster release that changes it fails there first.
"""

from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS, BATCH_WRITABLE_EVENTS
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.event_log.migration import ASSET_KEY_INDEX_COLS
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    AssetKeyTable,
    SqlEventLogStorageTable,
)
from dagster._serdes import ConfigurableClass, ConfigurableClassData, deserialize_value

__all__ = [
    "ASSET_CHECK_EVENTS",
    "ASSET_EVENTS",
    "ASSET_KEY_INDEX_COLS",
    "BATCH_WRITABLE_EVENTS",
    "AssetCheckExecutionRecordStatus",
    "AssetCheckExecutionsTable",
    "AssetKeyTable",
    "ConfigurableClass",
    "ConfigurableClassData",
    "DagsterStorage",
    "SqlEventLogStorageTable",
    "deserialize_value",
]
