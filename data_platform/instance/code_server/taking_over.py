"""Asking a code server to take over new code, if that loads. Speaks gRPC itself: Dagster takes a second to import."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path

import grpc

# as a key and a value of the call's metadata
ONLY_IF_IT_LOADS = ("data-platform-reload", "only-if-it-loads")

_RELOAD = "/api.DagsterApi/ReloadCode"  # takes an empty message and answers with one
_PAUSE_SECONDS = 0.5
_LOOK_SECONDS = 0.1


class NotTakenOverError(Exception):
    """The code server keeps the code that it has; the message is the reason, in one line. Callers say what for."""


@dataclass(frozen=True)
class CodeServerAddress:
    """Where a code server answers: at a Unix socket, or at a port of a host."""

    socket: Path | None = None
    host: str | None = None
    port: int | None = None

    def __str__(self) -> str:
        return f"unix:{self.socket}" if self.socket else f"{self.host}:{self.port}"


def take_over(
    address: CodeServerAddress, *, patience: float, seconds: float, given_up: threading.Event | None = None
) -> None:
    """Have a code server load its code anew, and serve that from then on if it loads; else it goes on with the old.

    Args:
        patience: how long it may be away, in seconds.
        seconds: how long loading may take.
        given_up: set by another thread that no longer waits for this.

    Raises:
        NotTakenOverError: the new code does not load, the code server stays away, or it was given up.
    """
    given_up = given_up or threading.Event()
    away_since: float | None = None
    while True:
        try:
            with grpc.insecure_channel(str(address), [("grpc.enable_http_proxy", 0)]) as channel:
                # twice does no harm
                call = channel.unary_unary(_RELOAD).future(b"", metadata=(ONLY_IF_IT_LOADS,), timeout=seconds)
                _wait(call, given_up)
            return
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise NotTakenOverError(_reason(error, seconds)) from None
            # not from the first call on: one that dies after minutes of loading has not been away for minutes
            away_since = away_since or time.monotonic()
            if time.monotonic() - away_since > patience:
                raise NotTakenOverError("its code server does not answer, as `dp status` and its log tell") from None
        if given_up.wait(_PAUSE_SECONDS):
            raise NotTakenOverError("it was given up")


def _wait(call: grpc.Future, given_up: threading.Event) -> None:
    while True:
        try:
            call.result(timeout=_LOOK_SECONDS)
        except grpc.FutureTimeoutError:
            if given_up.is_set():
                call.cancel()
                raise NotTakenOverError("it was given up") from None
        else:
            return


def _reason(error: grpc.RpcError, seconds: float) -> str:
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return f"it took more than {seconds:.0f} s"
    return str(error.details() or error.code().name)
