"""Every import of a private Dagster module in this room.

Dagster names no public way to make a run of a job in a code server; what stands here is what its own daemon uses.
`tests/requeue/test_private.py` pins what this room relies on.
"""

from dagster._core.definitions.partitions.context import partition_loading_context
from dagster._core.definitions.selector import JobSubsetSelector
from dagster._core.errors import DagsterInvalidSubsetError, DagsterUserCodeProcessError
from dagster._core.events import EngineEventData
from dagster._core.remote_representation.code_location import GrpcServerCodeLocation
from dagster._core.remote_representation.external import RemoteJob, RemoteRepository
from dagster._core.run_coordinator.base import SubmitRunContext
from dagster._core.snap import ExecutionPlanSnapshot
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster._serdes import serialize_value

__all__ = [
    "DagsterInvalidSubsetError",
    "DagsterUserCodeProcessError",
    "EngineEventData",
    "ExecutionPlanSnapshot",
    "GrpcServerCodeLocation",
    "JobSubsetSelector",
    "RemoteJob",
    "RemoteRepository",
    "SubmitRunContext",
    "WorkspaceFileTarget",
    "partition_loading_context",
    "serialize_value",
]
