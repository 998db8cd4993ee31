"""What answers the calls to a code server: Dagster's own, which here keeps serving when new code does not load.

A code server of Dagster is two processes: one that answers, and an inner one that holds the unit's code. `ReloadCode`
starts a new inner process beside the old, and lets go of the old in any case: if the new one does not load, the code
location is an error for all who ask. That suits the reload button of the user interface, which is to show the error.
A deployment asks for something else, by a word in the call's metadata: the new inner process takes over only if it has
loaded; else the call is refused with the reason, and the old one goes on as if nothing had been.
"""

import re
import threading
from contextlib import suppress
from typing import Any

import grpc

from data_platform.instance.code_server.private import (
    DagsterGrpcClient,
    DagsterProxyApiServicer,
    DagsterUserCodeUnreachableError,
    ReloadCodeReply,
    SerializableErrorInfo,
    client_heartbeat_thread,
    deserialize_value,
)
from data_platform.instance.code_server.taking_over import ONLY_IF_IT_LOADS, NotTakenOverError

_MODULE = re.compile(r"^(?:[a-z_]\w*\.)+(?=[A-Z])")  # of an error's class
_LONGEST = 1000  # letters of a reason: it travels in a header


class CodeServer(DagsterProxyApiServicer):
    """Answers as Dagster's does; see above for what differs."""

    # Dagster's, which says nothing of their types
    _client: DagsterGrpcClient | None  # type: ignore[assignment]
    _client_heartbeat_shutdown_event: threading.Event | None  # type: ignore[assignment]
    _client_heartbeat_thread: threading.Thread | None  # type: ignore[assignment]

    def ReloadCode(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 (the protocol's name)
        """Load the code anew.

        Raises:
            grpc.RpcError: FAILED_PRECONDITION with the reason, for the caller who asked that the old code be kept then.
        """
        if ONLY_IF_IT_LOADS not in {(key, value) for key, value in context.invocation_metadata()}:
            return super().ReloadCode(request, context)  # type: ignore[no-untyped-call]  # it has none
        with self._reload_lock:
            try:
                fresh = self._start_beside()
            except NotTakenOverError as error:
                self._logger.error("the new code does not load, and the old is kept: %s", error)
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
            old, no_more_heartbeats = self._client, self._client_heartbeat_shutdown_event
            self._take_over(fresh)
        if no_more_heartbeats:
            no_more_heartbeats.set()
        if old:
            with suppress(DagsterUserCodeUnreachableError):  # it has ended already
                old.shutdown_server()  # once the runs that it executes have finished
        return ReloadCodeReply()

    def _start_beside(self) -> DagsterGrpcClient:
        try:
            # the process that serves is left alone: the registry keeps all that it has started
            client: DagsterGrpcClient = self._grpc_server_registry.reload_grpc_endpoint(self._origin).create_client()
            found = deserialize_value(client.list_repositories())
        except Exception as error:  # whatever kept the process from starting, or ended it
            raise NotTakenOverError(_line(str(error))) from None
        if not isinstance(found, SerializableErrorInfo):
            return client
        with suppress(DagsterUserCodeUnreachableError):
            client.shutdown_server()
        while found.cause:
            found = found.cause
        raise NotTakenOverError(_line(found.message))

    def _take_over(self, fresh: DagsterGrpcClient) -> None:
        ended = threading.Event()
        heartbeats = threading.Thread(
            target=client_heartbeat_thread, args=(fresh, ended), name="grpc-client-heartbeat", daemon=True
        )
        heartbeats.start()
        self._client, self._load_error = fresh, None
        self._client_heartbeat_shutdown_event, self._client_heartbeat_thread = ended, heartbeats


def _line(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()] or ["no reason given"]
    # a syntax error begins with the place and ends with the message
    return _MODULE.sub("", lines[-1] if lines[0].startswith('File "') else lines[0])[:_LONGEST]
