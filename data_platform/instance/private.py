"""Every import of a private Dagster module in this room.

Dagster names no public way to write a storage; what stands here is what one needs. `tests/instance/test_private.py`
pins what this room relies on, so that a Dagster release that changes it fails there first.
"""

from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.errors import raise_execution_interrupts
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS, BATCH_WRITABLE_EVENTS, EngineEventData
from dagster._core.launcher import CheckRunHealthResult, LaunchRunContext, WorkerStatus
from dagster._core.origin import JobPythonOrigin
from dagster._core.remote_representation.code_location import GrpcServerCodeLocation
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.event_log.migration import ASSET_KEY_INDEX_COLS
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    AssetKeyTable,
    SqlEventLogStorageTable,
)
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._core.storage.root import LocalArtifactStorage
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._grpc.impl import core_execute_run
from dagster._serdes import ConfigurableClass, ConfigurableClassData, deserialize_value
from dagster._utils.concurrency import ConcurrencyClaimStatus, ConcurrencySlotStatus
from dagster._utils.hosted_user_process import recon_job_from_origin
from dagster._utils.interrupts import capture_interrupts

__all__ = [
    "ASSET_CHECK_EVENTS",
    "ASSET_EVENTS",
    "ASSET_KEY_INDEX_COLS",
    "BATCH_WRITABLE_EVENTS",
    "GRPC_INFO_TAG",
    "AssetCheckExecutionRecordStatus",
    "AssetCheckExecutionsTable",
    "AssetKeyTable",
    "CheckRunHealthResult",
    "ConcurrencyClaimStatus",
    "ConcurrencySlotStatus",
    "ConfigurableClass",
    "ConfigurableClassData",
    "DagsterStorage",
    "EngineEventData",
    "GrpcServerCodeLocation",
    "JobPythonOrigin",
    "LaunchRunContext",
    "LocalArtifactStorage",
    "LocalComputeLogManager",
    "ModuleCodePointer",
    "SqlEventLogStorageTable",
    "WorkerStatus",
    "capture_interrupts",
    "core_execute_run",
    "deserialize_value",
    "raise_execution_interrupts",
    "recon_job_from_origin",
]
