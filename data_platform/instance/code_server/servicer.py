"""What answers the calls to a code server: Dagster's own, which here keeps serving when new code does not load.

A code server of Dagster is two processes: one that answers, and an inner one that holds the unit's code. `ReloadCode`
starts a new inner process beside the old, and lets go of the old in any case: if the new one does not load, the code
location is an error for all who ask. That suits the reload button of the user interface, which is to show the error.
A deployment asks for something else, by a word in the call's metadata: the new inner process takes over only if it has
loaded; else the call is refused with the reason, and the old one goes on as if nothing had been.
"""

import re
import threading
import time
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
_LOAD_SECONDS = 600.0  # for a caller without a deadline
_ANSWER_SECONDS = 2.0  # to tell that it took too long before the caller's own deadline is over
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
        deadline = time.monotonic() + (context.time_remaining() or _LOAD_SECONDS)
        if not self._reload_lock.acquire(timeout=deadline - time.monotonic()):
            context.abort(
                grpc.StatusCode.FAILED_PRECONDITION, "its code server is still loading what it was told before"
            )
        try:
            fresh = self._start_beside(deadline - time.monotonic() - _ANSWER_SECONDS)
            if not context.is_active():  # whoever asked was told that it took too long
                _shut_down(fresh)
                return ReloadCodeReply()
            old, no_more_heartbeats = self._client, self._client_heartbeat_shutdown_event
            self._take_over(fresh)
        except NotTakenOverError as error:
            self._logger.error("the new code does not load, and the old is kept: %s", error)
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        finally:
            self._reload_lock.release()
        if no_more_heartbeats:
            no_more_heartbeats.set()
        if old:
            _shut_down(old)
        return ReloadCodeReply()

    def StartRun(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 (the protocol's name)
        """Start a run.

        Raises:
            grpc.RpcError: UNAVAILABLE while it only waits for its runs to end. Dagster's would fail the run; so it goes
                back into the queue, and is tried again when there is a code server.
        """
        if self._shutdown_once_executions_finish_event.is_set():
            context.abort(grpc.StatusCode.UNAVAILABLE, "it was told to end, and takes no new runs")
        return super().StartRun(request, context)  # type: ignore[no-untyped-call]  # it has none

    def _start_beside(self, seconds: float) -> DagsterGrpcClient:
        registry = self._grpc_server_registry
        registry._startup_timeout = max(1, int(seconds))
        try:
            # the process that serves is left alone: the registry keeps all that it has started
            client: DagsterGrpcClient = registry.reload_grpc_endpoint(self._origin).create_client()
            found = deserialize_value(client.list_repositories())
        except Exception as error:  # whatever kept the process from starting, or ended it
            took_too_long = str(error).find("Timed out waiting for gRPC server") >= 0
            why = f"it took more than {seconds:.0f} s" if took_too_long else _line(str(error))
            raise NotTakenOverError(why) from None
        finally:
            registry._startup_timeout = 0  # for the reload button: loading takes what it takes
        if not isinstance(found, SerializableErrorInfo):
            return client
        _shut_down(client)
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


def _shut_down(client: DagsterGrpcClient) -> None:
    """Have an inner process end once the runs that it executes have finished."""
    with suppress(DagsterUserCodeUnreachableError):  # it has ended already
        client.shutdown_server()


def _line(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()] or ["no reason given"]
    # a syntax error begins with the place and ends with the message
    return _MODULE.sub("", lines[-1] if lines[0].startswith('File "') else lines[0])[:_LONGEST]
