"""PostgreSQL: a changeset and its row of the history are one transaction, sent in as few messages as possible."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from data_platform.schema import ledger
from data_platform.schema.address import Address
from data_platform.schema.changeset import Identity
from data_platform.schema.errors import StatementError
from data_platform.schema.history import History
from data_platform.schema.names import Names
from data_platform.schema.notes import Note
from data_platform.schema.postgres_errors import ACTIVE_SQL_TRANSACTION, code_of
from data_platform.schema.postgres_session import Session
from data_platform.schema.postgres_tables import PostgresTables
from data_platform.schema.postgres_transaction import in_transaction, must_be_alone, outside_transaction
from data_platform.schema.single_value import single_value

# a deploy with nothing to do needs none of these
if TYPE_CHECKING:
    from data_platform.schema.lock import Holder
    from data_platform.schema.postgres_lock import PostgresLock
    from data_platform.schema.statements import Statement
    from data_platform.schema.writes import Write


class PostgresDatabase:
    """See `database.Database`."""

    dbms = "postgresql"

    def __init__(self, address: Address, names: Names) -> None:
        self.address = address
        self.where = address.shown
        self.names = names
        self.session = Session(address)
        self.tables = PostgresTables(self.session, names)
        self._lock: PostgresLock | None = None

    @property
    def keeps_notes(self) -> bool:
        """See `Database.keeps_notes`."""
        return self.tables.has_notes

    def history(self) -> History:
        """See `Database.history`."""
        return ledger.read_history(self.session, self.tables.changelog) if self.tables.has_changelog else History(())

    def notes(self) -> Mapping[Identity, Note]:
        """See `Database.notes`."""
        return ledger.read_notes(self.session, self.tables.targets) if self.tables.has_notes else {}

    @contextmanager
    def lock(self, wait_seconds: float, tell: Callable[[str], None]) -> Iterator[None]:
        """See `Database.lock`."""
        lock = self._new_lock()
        with lock.held(wait_seconds, tell):
            self._lock = lock
            try:
                yield
            finally:
                self._lock = None
                self.session.end_transaction()

    def check_lock(self) -> None:
        """See `Database.check_lock`."""
        if self._lock is None or self._lock.is_lost():
            from data_platform.schema.lock import lost

            raise lost(self.where)

    def holder(self) -> Holder | None:
        """See `Database.holder`."""
        return self._new_lock().holder()

    def force_release(self, holder: Holder) -> bool:
        """See `Database.force_release`."""
        from data_platform.schema.postgres_holder import force_release

        return force_release(self.session, self.tables, holder)

    def atomic(self, statements: Sequence[Statement]) -> bool:
        """See `Database.atomic`."""
        return True

    def run(self, statements: Sequence[Statement], writes: Sequence[Write] = ()) -> list[str]:
        """See `Database.run`."""
        after = "".join(f"{text};" for text in self.as_text(writes))
        return in_transaction(self.session, self.tables.set_path, statements, after)

    def run_alone(self, statement: Statement, writes: Sequence[Write] = ()) -> list[str]:
        """See `Database.run_alone`."""
        if not must_be_alone(statement):
            try:
                return self.run([statement], writes)
            except StatementError as error:
                if code_of(error) != ACTIVE_SQL_TRANSACTION:
                    raise
        notices = outside_transaction(self.session, self.tables.set_path, statement)
        if writes:
            self.write(writes)
        return notices

    def write(self, writes: Sequence[Write]) -> None:
        """See `Database.write`."""
        if writes:
            self.run((), writes)

    def recovered(self, statement: Statement, *, failed: bool) -> bool:
        """See `Database.recovered`."""
        from data_platform.schema.postgres_index import recover_index

        self.session.query(self.tables.set_path)
        return recover_index(self.session, statement.bare, failed=failed)

    def value(self, query: str) -> str | None:
        """See `Database.value`."""
        rows = self.session.query_as_printed(f"BEGIN;{self.tables.set_path}", query)
        return single_value(rows, query)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """See `Database.query`."""
        return self.session.query(sql)

    def has_table(self, name: str, schema: str | None = None) -> bool:
        """See `Database.has_table`."""
        return self.tables.has(name, schema, ["r", "p", "f"])

    def has_view(self, name: str, schema: str | None = None) -> bool:
        """See `Database.has_view`."""
        return self.tables.has(name, schema, ["v", "m"])

    def as_text(self, writes: Sequence[Write]) -> list[str]:
        """See `Database.as_text`."""
        from data_platform.schema.write_sql import sql_of

        return [self.session.as_text(sql_of(write, self.tables.targets)) for write in writes]

    def close(self) -> None:
        """See `Database.close`."""
        self.session.close()

    def _new_lock(self) -> PostgresLock:
        from data_platform.schema.postgres_lock import PostgresLock

        return PostgresLock(self.address, self.session, self.tables)
