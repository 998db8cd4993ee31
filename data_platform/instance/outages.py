"""What a lost connection looks like, and which losses pass by themselves."""

import contextlib
import select
from typing import Any

from sqlalchemy import exc

_UNCHECKED_SECONDS = 30.0  # a connection idle for longer is tried with a query before it is used
# what a server says while it is coming or going; any other refusal is final
_PASSING = (
    "starting up",
    "shutting down",
    "recovery",
    "too many clients",
    "connection slots",
    "terminating connection",
)


def is_alive(connection: Any, idle_seconds: float) -> bool:
    """Whether a pooled psycopg2 connection that was idle so long can be used; costs next to nothing."""
    # a healthy idle connection has nothing to read; a closed one reads its end
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if waiting.poll(0):
        return False
    if idle_seconds < _UNCHECKED_SECONDS:
        return True
    try:
        with contextlib.closing(connection.cursor()) as cursor:
            cursor.execute("SELECT 1")
    except connection.OperationalError:
        return False
    return True


def is_passing(error: exc.SQLAlchemyError) -> bool:
    """Whether the server is only restarting, or out of connections for the moment."""
    if isinstance(error, exc.TimeoutError):
        return True
    if not isinstance(error, exc.OperationalError | exc.InterfaceError | exc.InternalError):
        return False
    said = str(error.orig)
    if error.connection_invalidated or any(phrase in said for phrase in _PASSING):
        return True
    return error.statement is None and "FATAL" not in said


def is_refusal(error: exc.SQLAlchemyError) -> bool:
    """Whether no connection was made at all."""
    return isinstance(error, exc.OperationalError) and error.statement is None
