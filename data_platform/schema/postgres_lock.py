"""PostgreSQL: the changelog lock, tied to two database sessions so that it ends with its holder.

A second session keeps a transaction open that has locked the row of `databasechangeloglock`: Liquibase's
`UPDATE … WHERE LOCKED = FALSE` waits for it, and a killed deploy lets go by itself. The session that works holds an
advisory lock: a killed deploy whose last statement still runs on the server keeps other deploys out until that ends.

No deploy of ours waits inside the database: a waiting statement holds a snapshot, for which a CREATE INDEX CONCURRENTLY
of the lock's holder waits in turn. Liquibase does wait so; then, and only then, the lock is written into the table.
"""

# ruff: noqa: S608 - identifiers are quoted by `names`, values bound

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from data_platform.schema.address import Address
from data_platform.schema.errors import DatabaseError
from data_platform.schema.interrupts import on_interrupt
from data_platform.schema.lock import Holder, Patience
from data_platform.schema.own_name import OURS, own_name
from data_platform.schema.postgres_errors import LOCK_NOT_AVAILABLE, code_of
from data_platform.schema.postgres_holder import clear, find_holder, key_of
from data_platform.schema.postgres_session import Session
from data_platform.schema.postgres_tables import PostgresTables

_LOOK_EVERY = 1.0  # s


class PostgresLock:
    """The lock of one changelog."""

    def __init__(self, address: Address, session: Session, tables: PostgresTables) -> None:
        self.address = address
        self.working = session
        self.tables = tables
        self.key = key_of(tables)
        self.keeper: Session | None = None
        self.in_table = False
        self.lost = False
        self._mutex = threading.Lock()

    @contextmanager
    def held(self, wait_seconds: float, tell: Callable[[str], None]) -> Iterator[None]:
        """Make the tables and hold the lock; see `Database.lock`."""
        patience = Patience(wait_seconds, self.working.where, tell)
        self.working.guard()
        patience.until(self._lock_session, self.holder)
        try:
            self.tables.create(tell)
            self.keeper = Session(self.address)
            self.keeper.guard()
            try:
                patience.until(self._lock_row, self.holder)
                # commits need not reach the disk one by one: releasing the lock is a commit that waits for all of them
                self.working.query("SET synchronous_commit = off")
                with self._watched(), on_interrupt(self.working.cancel):
                    yield
            finally:
                self._unlock_row()
        finally:
            self._unlock_session()

    def is_lost(self) -> bool:
        """Whether the session that holds the row was ended from outside."""
        if not self.lost and self.keeper is not None:
            with self._mutex:
                self.lost = self.keeper.is_gone()
        return self.lost

    def holder(self) -> Holder | None:
        """Who holds it now; see `postgres_holder`."""
        own = [session.connection.info.backend_pid for session in (self.working, self.keeper) if session]
        return find_holder(self.working, self.tables, self.key, own)

    def _lock_session(self) -> bool:
        ((taken,),) = self.working.query("SELECT pg_try_advisory_lock(%s)", (self.key,))
        return bool(taken)

    def _unlock_session(self) -> None:
        self.working.end_transaction()
        if not self.working.connection.closed:
            with suppress(DatabaseError):  # the session is ending, and its lock with it
                self.working.query("RESET synchronous_commit; SELECT pg_advisory_unlock(%s)", (self.key,))

    def _lock_row(self) -> bool:
        keeper = self._keeper()
        try:
            rows = keeper.query(
                f"BEGIN; SELECT LOCKED, LOCKEDBY FROM {self.tables.lock} WHERE ID = 1 FOR UPDATE NOWAIT"
            )
        except DatabaseError as error:
            keeper.end_transaction()
            if code_of(error) == LOCK_NOT_AVAILABLE:
                return False
            raise
        if rows and not rows[0][0]:
            return True
        if rows and str(rows[0][1]).startswith(OURS):
            # left by a deploy of ours that was killed: were it alive, it would hold the advisory lock, which is ours
            keeper.query(f"{clear(self.tables)} WHERE ID = 1; COMMIT")
        else:
            keeper.end_transaction()
        if not rows:
            self.tables.add_lock_row()
        return False

    def _unlock_row(self) -> None:
        keeper = self._keeper()
        if not keeper.connection.closed:
            own = "LOCKEDBY = %s" if self.in_table else "NOT LOCKED AND %s <> ''"
            try:
                keeper.query(f"{clear(self.tables)} WHERE ID = 1 AND {own}; COMMIT", (own_name(),))
            except DatabaseError:
                self.lost = True
        keeper.close()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        stop = threading.Event()

        def watch() -> None:
            while not self.in_table and not self.lost and not stop.wait(_LOOK_EVERY):
                with self._mutex:
                    self._make_way()

        watcher = threading.Thread(target=watch, name="changelog lock", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join()

    def _make_way(self) -> None:
        """Write the lock into the table when the working session waits, perhaps for one that waits for our row."""
        keeper = self._keeper()
        working = self.working.connection.info.backend_pid
        try:
            ((waits,),) = keeper.query(
                "SELECT pg_backend_pid() = ANY(b) OR (cardinality(b) > 0 AND EXISTS (SELECT FROM pg_catalog.pg_locks l"
                " WHERE NOT l.granted AND pg_backend_pid() = ANY(pg_blocking_pids(l.pid))))"
                " FROM pg_blocking_pids(%s) AS b",
                (working,),
            )
            if waits:
                keeper.query(
                    f"UPDATE {self.tables.lock} SET LOCKED = TRUE, LOCKEDBY = %s, LOCKGRANTED = now() WHERE ID = 1;"
                    " COMMIT",
                    (own_name(),),
                )
                self.in_table = True
        except DatabaseError:
            self.lost = True

    def _keeper(self) -> Session:
        if self.keeper is None:
            raise RuntimeError("the lock is not held")
        return self.keeper
