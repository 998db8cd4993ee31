"""The pool of connections of one process."""

import contextlib
import time
from typing import Any

import sqlalchemy
from sqlalchemy import event, exc
from sqlalchemy.engine import Engine

from data_platform.instance.outages import is_alive

# One process keeps at most KEPT idle connections, for IDLE_SECONDS; a burst of threads may open MOST at a time.
# With some fifteen processes on one machine this stays far below the server's limit.
KEPT, MOST, IDLE_SECONDS = 3, 20, 60
PATIENCE_SECONDS = 30.0  # for a server that restarts


def pooled_engine(url: str, timeout: int, recycle: int, overflow: int) -> Engine:
    """An engine in autocommit mode, as Dagster's storages expect, whose pool gives out living connections only.

    Args:
        url: address with its driver.
        timeout: milliseconds after which the server cancels a statement; 0 for never.
        recycle: seconds after which a connection is replaced; -1 for never.
        overflow: connections that a burst of threads may open beyond those that are kept.
    """
    engine = sqlalchemy.create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=KEPT,
        max_overflow=overflow,
        pool_recycle=recycle,
        pool_use_lifo=True,  # connections beyond the need fall idle, and the server closes them
        pool_timeout=PATIENCE_SECONDS,
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        settings = {"statement_timeout": timeout} if timeout else {}
        if connection.server_version >= 140000:
            settings["idle_session_timeout"] = IDLE_SECONDS * 1000
        with contextlib.closing(connection.cursor()) as cursor:
            cursor.execute("; ".join(f"SET {name} = {int(value)}" for name, value in settings.items()) or "SELECT")
        connection.commit()

    @event.listens_for(engine, "checkin")
    def remember(_connection: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def check(connection: Any, record: Any, _proxy: Any) -> None:
        if not is_alive(connection, time.monotonic() - record.info.get("used", time.monotonic())):
            raise exc.DisconnectionError("the server closed the connection")

    return engine
