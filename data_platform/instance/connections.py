"""Pooled connections that survive a restart of PostgreSQL, shared by everything in a process that uses a database."""

import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import exc
from sqlalchemy.engine import Connection, Engine

from data_platform.instance.address import with_driver
from data_platform.instance.errors import InstanceError
from data_platform.instance.outages import is_passing, is_refusal
from data_platform.instance.pool import KEPT, MOST, PATIENCE_SECONDS, pooled_engine

T = TypeVar("T")

_FIRST_PATIENCE_SECONDS = 5.0  # for a server this process has never reached


class Database:
    """One PostgreSQL database with its connection pool.

    Args:
        url: `postgresql://` address.
    """

    def __init__(self, url: str) -> None:
        self.url = with_driver(url)
        self.known: set[tuple[str, ...]] = set()  # which tables and columns were seen (see tables.py)
        self._own = threading.local()
        self._reached = False
        self._limits = (0, -1, MOST - KEPT)
        self._engine = pooled_engine(self.url, *self._limits)
        _forget_after_fork(self)

    @property
    def engine(self) -> Engine:
        """SQLAlchemy's engine; in autocommit mode, as Dagster's storages expect."""
        return self._engine

    def limit_statements(self, milliseconds: int, recycle_seconds: int, overflow: int) -> None:
        """Cancel statements that take longer: a web server does not want to wait for ever. Safe to repeat."""
        limits = (milliseconds, recycle_seconds, overflow)
        if limits != self._limits:
            replaced, self._limits = self._engine, limits
            self._engine = pooled_engine(self.url, *limits)
            replaced.dispose()

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
                passing = is_passing(error)
                if not passing and is_refusal(error):
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


def _forget_after_fork(database: Database) -> None:
    # a connection belongs to the process that opened it
    reference = weakref.ref(database)

    def forget() -> None:
        if (found := reference()) is not None:
            found.engine.dispose(close=False)

    os.register_at_fork(after_in_child=forget)
