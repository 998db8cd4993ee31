"""Snowflake: DDL commits by itself, so a changeset of several statements is never one transaction.

Nothing of this has been verified on a Snowflake account: tests compare the statements that are sent.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from data_platform.schema import ledger
from data_platform.schema.address import Address
from data_platform.schema.changeset import Identity
from data_platform.schema.history import History
from data_platform.schema.lock import Holder, Patience, lost
from data_platform.schema.names import Names
from data_platform.schema.notes import Note
from data_platform.schema.single_value import single_value
from data_platform.schema.snowflake_lock import SnowflakeLock
from data_platform.schema.snowflake_session import NotThereError, SnowflakeSession
from data_platform.schema.snowflake_tables import SnowflakeTables, literal
from data_platform.schema.snowflake_transaction import SnowflakeTransaction, commits_by_itself
from data_platform.schema.statements import Statement
from data_platform.schema.write_sql import shown, sql_of
from data_platform.schema.writes import Write


class SnowflakeDatabase:
    """See `database.Database`.

    Args:
        connect: gives a connection instead of the connector; for tests.
    """

    dbms = "snowflake"

    def __init__(self, address: Address, names: Names, connect: Callable[[], Any] | None = None) -> None:
        self.where = address.shown
        self._address, self._connect = address, connect
        self.session = self._new_session()
        self.tables = SnowflakeTables(self.session, names, address.path)
        self.keeps_notes = False
        self._lock: SnowflakeLock | None = None
        self._transaction = SnowflakeTransaction(self.session, self.tables)

    def history(self) -> History:
        """See `Database.history`."""
        try:
            return ledger.read_history(self.session, self.tables.targets.changelog)
        except NotThereError:
            return History(())

    def notes(self) -> Mapping[Identity, Note]:
        """See `Database.notes`."""
        try:
            found = ledger.read_notes(self.session, self.tables.targets)
        except NotThereError:
            return {}
        self.keeps_notes = True
        return found

    @contextmanager
    def lock(self, wait_seconds: float, tell: Callable[[str], None]) -> Iterator[None]:
        """See `Database.lock`."""
        self.tables.create()
        lock = SnowflakeLock(self.session, self.tables.lock, self._new_session)
        with lock.held(Patience(wait_seconds, self.where, tell)):
            self.keeps_notes = self.tables.create_notes(tell) or self.keeps_notes
            self._lock = lock
            try:
                yield
            finally:
                self._lock = None

    def check_lock(self) -> None:
        """See `Database.check_lock`."""
        if self._lock is None or self._lock.is_lost():
            raise lost(self.where)

    def holder(self) -> Holder | None:
        """See `Database.holder`."""
        return SnowflakeLock(self.session, self.tables.lock, self._new_session).holder()

    def force_release(self, holder: Holder) -> bool:
        """See `Database.force_release`."""
        return SnowflakeLock(self.session, self.tables.lock, self._new_session).force_release(holder)

    def atomic(self, statements: Sequence[Statement]) -> bool:
        """See `Database.atomic`."""
        return not commits_by_itself(statements)

    def run(self, statements: Sequence[Statement], writes: Sequence[Write] = ()) -> list[str]:
        """See `Database.run`; DDL among the statements stays whatever becomes of the others."""
        self._transaction.run(statements, [sql_of(write, self.tables.targets) for write in writes])
        return []

    def run_alone(self, statement: Statement, writes: Sequence[Write] = ()) -> list[str]:
        """See `Database.run_alone`."""
        if self.atomic([statement]):
            return self.run([statement], writes)
        self._transaction.run_alone(statement)
        self.write(writes)
        return []

    def write(self, writes: Sequence[Write]) -> None:
        """See `Database.write`."""
        if len(writes) == 1:  # commits by itself
            self.session.query(*sql_of(writes[0], self.tables.targets))
        elif writes:
            self.run((), writes)

    def recovered(self, statement: Statement, *, failed: bool) -> bool:
        """See `Database.recovered`. A statement that was interrupted is run again."""
        return False

    def value(self, query: str) -> str | None:
        """See `Database.value`."""
        self._transaction.go_home()
        return single_value(self.session.query(query), query)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """See `Database.query`."""
        return self.session.query(sql)

    def has_table(self, name: str, schema: str | None = None) -> bool:
        """See `Database.has_table`."""
        return self.tables.has("TABLES", name, schema, "AND TABLE_TYPE <> 'VIEW'")

    def has_view(self, name: str, schema: str | None = None) -> bool:
        """See `Database.has_view`."""
        return self.tables.has("VIEWS", name, schema, "")

    def as_text(self, writes: Sequence[Write]) -> list[str]:
        """See `Database.as_text`."""
        return [shown(sql_of(write, self.tables.targets), literal) for write in writes]

    def close(self) -> None:
        """See `Database.close`."""
        self.session.close()

    def _new_session(self) -> SnowflakeSession:
        return SnowflakeSession(self._address, self._connect() if self._connect else None)
