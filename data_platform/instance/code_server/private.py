"""Every import of a private Dagster module that the code server needs.

Dagster names no public way to change what a reload does. `tests/instance/test_private.py` pins what this program relies
on, so that a Dagster release that changes it fails there first.
"""

from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.utils import FuturesAwareThreadPoolExecutor
from dagster._grpc.__generated__.dagster_api_pb2 import ReloadCodeReply
from dagster._grpc.client import DagsterGrpcClient, client_heartbeat_thread
from dagster._grpc.proxy_server import DagsterProxyApiServicer
from dagster._grpc.server import DagsterGrpcServer
from dagster._serdes import deserialize_value
from dagster._utils.interrupts import setup_interrupt_handlers
from dagster._utils.log import configure_loggers
from dagster_shared.error import SerializableErrorInfo

__all__ = [
    "DagsterGrpcClient",
    "DagsterGrpcServer",
    "DagsterProxyApiServicer",
    "DagsterUserCodeUnreachableError",
    "FuturesAwareThreadPoolExecutor",
    "LoadableTargetOrigin",
    "ReloadCodeReply",
    "SerializableErrorInfo",
    "client_heartbeat_thread",
    "configure_loggers",
    "deserialize_value",
    "setup_interrupt_handlers",
]
