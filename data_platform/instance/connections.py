"""Pooled connections that survive a restart of PostgreSQL, shared by everything in a process that uses a database."""

import contextlib
import os
import select
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import sqlalchemy
from sqlalchemy import event, exc
from sqlalchemy.engine import Connection, Engine

from data_platform.instance.errors import InstanceError

T = TypeVar("T")

# One process keeps at most KEPT idle connections, for IDLE_SECONDS; a burst of threads may open MOST at a time.
# With some fifteen processes on one machine this stays far below the server's limit.
KEPT, MOST, IDLE_SECONDS = 3, 20, 60
PATIENCE_SECONDS = 30.0  # for a server that restarts
_FIRST_PATIENCE_SECONDS = 5.0  # for a server this process has never reached
_UNCHECKED_SECONDS = 30.0  # an older connection is tried with a query before it is used
# what a server says while it is coming or going; any other refusal is final
_PASSING = (
    "starting up",
    "shutting down",
    "recovery",
    "too many clients",
    "connection slots",
    "terminating connection",
)


class Database:
    """One PostgreSQL database with its connection pool.

    Args:
        url: `postgresql://` address.
    """

    def __init__(self, url: str) -> None:
        # SQLAlchemy 2.1 takes a plain postgresql:// for psycopg 3
        self.url = url.replace("postgresql://", "postgresql+psycopg2://", 1)
        self.known: set[tuple[str, ...]] = set()  # which tables and columns were seen (see tables.py)
        self._own = threading.local()
        self._reached = False
        self._engine = self._create_engine()
        _forget_after_fork(self)

    @property
    def engine(self) -> Engine:
        """SQLAlchemy's engine; in autocommit mode, as Dagster's storages expect."""
        return self._engine

    def limit_statements(self, milliseconds: int, recycle_seconds: int = -1, overflow: int = MOST - KEPT) -> None:
        """Cancel statements that take longer (the web server does not want to wait for ever)."""
        replaced = self._engine
        self._engine = self._create_engine(milliseconds, recycle_seconds, overflow)
        replaced.dispose()

    def _create_engine(self, timeout: int = 0, recycle: int = -1, overflow: int = MOST - KEPT) -> Engine:
        engine = sqlalchemy.create_engine(
            self.url,
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
            if not _is_alive(connection, time.monotonic() - record.info.get("used", time.monotonic())):
                raise exc.DisconnectionError("the server closed the connection")

        return engine

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection in autocommit mode; inside `transaction()`, the one of that transaction."""
        if (current := getattr(self._own, "connection", None)) is not None:
            yield current
            return
        connection = self.patiently(lambda: RepeatingConnection(self))
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Everything this thread does within is committed together, or not at all."""
        if getattr(self._own, "connection", None) is not None:
            yield self._own.connection
            return
        with self.connect() as connection:
            committing = connection.execution_options(isolation_level="READ COMMITTED")
            with committing.begin():
                self._own.connection = committing
                try:
                    yield committing
                finally:
                    self._own.connection = None

    def patiently(self, act: Callable[[], T]) -> T:
        """Repeat an action that may be repeated, while the server is away, for a bounded time.

        Raises:
            InstanceError: the server does not come back, or refuses.
        """
        if getattr(self._own, "connection", None) is not None:
            return act()  # the transaction is lost with its connection; who began it may repeat it
        patience = PATIENCE_SECONDS if self._reached else _FIRST_PATIENCE_SECONDS
        deadline, pause = time.monotonic() + patience, 0.05
        while True:
            try:
                done = act()
            except (exc.DBAPIError, exc.TimeoutError) as error:
                passing = _is_passing(error)
                if not passing and _is_refusal(error):
                    raise self._not_reached(error) from error
                if not passing:
                    raise
                if time.monotonic() > deadline:
                    raise self._not_reached(error) from error
                time.sleep(pause)
                pause = min(pause * 2, 1.0)
            else:
                self._reached = True
                return done

    def _not_reached(self, error: Exception) -> InstanceError:
        said = str(getattr(error, "orig", None) or error).strip().splitlines()
        return InstanceError(
            f"the platform's database does not answer: {said[0] if said else error}",
            where=self.engine.url.render_as_string(hide_password=True),
            fix="start it with `make up`, or set DATA_PLATFORM_POSTGRES_URL to a database that runs",
            anchor="database-not-running",
        )

    def dispose(self) -> None:
        """Close idle connections."""
        self._engine.dispose()


class RepeatingConnection(Connection):
    """A connection that asks again when the server goes away during a query that only reads."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.engine)
        self._database = database

    def execute(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
        """As SQLAlchemy's; a read outside a transaction is repeated for a bounded time."""
        if self.in_transaction() or not getattr(statement, "is_select", False):
            return super().execute(statement, *args, **kwargs)

        def read() -> Any:
            if self.in_transaction():
                self.rollback()  # what began by itself with the lost attempt
            return super(RepeatingConnection, self).execute(statement, *args, **kwargs)

        return self._database.patiently(read)


_databases: dict[str, Database] = {}
_databases_lock = threading.Lock()


def shared_database(url: str) -> Database:
    """This process's one pool for a database; Dagster makes and drops many instances in a code server."""
    with _databases_lock:
        if url not in _databases:
            _databases[url] = Database(url)
        return _databases[url]


def _is_alive(connection: Any, idle_seconds: float) -> bool:
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


def _is_passing(error: exc.SQLAlchemyError) -> bool:
    if isinstance(error, exc.TimeoutError):
        return True
    if not isinstance(error, exc.OperationalError | exc.InterfaceError | exc.InternalError):
        return False
    said = str(error.orig)
    if error.connection_invalidated or any(phrase in said for phrase in _PASSING):
        return True
    return error.statement is None and "FATAL" not in said


def _is_refusal(error: exc.SQLAlchemyError) -> bool:
    return isinstance(error, exc.OperationalError) and error.statement is None


def _forget_after_fork(database: Database) -> None:
    # a connection belongs to the process that opened it
    reference = weakref.ref(database)

    def forget() -> None:
        if (found := reference()) is not None:
            found.engine.dispose(close=False)

    os.register_at_fork(after_in_child=forget)
