"""DuckDB: DDL is transactional, and the file has one writer, so that opening it is taking the lock."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from data_platform.schema import ledger
from data_platform.schema.address import Address
from data_platform.schema.changeset import Identity
from data_platform.schema.duckdb_file import DuckDBFile
from data_platform.schema.duckdb_tables import DuckDBTables
from data_platform.schema.duckdb_transaction import in_transaction, must_be_alone, outside_transaction, rolled_back
from data_platform.schema.errors import DatabaseError, LockError
from data_platform.schema.history import History
from data_platform.schema.interrupts import on_interrupt
from data_platform.schema.lock import Holder, Patience
from data_platform.schema.names import Names, literal
from data_platform.schema.notes import Note
from data_platform.schema.single_value import single_value
from data_platform.schema.statements import Statement
from data_platform.schema.write_sql import shown, sql_of
from data_platform.schema.writes import Write


class DuckDBDatabase:
    """See `database.Database`. The file is opened when it is needed; for writing, only while the lock is held."""

    dbms = "duckdb"

    def __init__(self, address: Address, names: Names, wait_seconds: float) -> None:
        self.where = address.shown
        self.file = DuckDBFile(address.path, address.shown, names)
        self.names = names
        self.wait_seconds = wait_seconds
        self._locked = False

    @property
    def keeps_notes(self) -> bool:
        """See `Database.keeps_notes`."""
        tables = self._opened()
        return tables is not None and tables.has_notes

    def history(self) -> History:
        """See `Database.history`."""
        tables = self._opened()
        if tables is None or not tables.has_changelog:
            return History(())
        return ledger.read_history(tables.session, tables.changelog)

    def notes(self) -> Mapping[Identity, Note]:
        """See `Database.notes`."""
        tables = self._opened()
        return ledger.read_notes(tables.session, tables.targets) if tables is not None and tables.has_notes else {}

    @contextmanager
    def lock(self, wait_seconds: float, tell: Callable[[str], None]) -> Iterator[None]:
        """See `Database.lock`."""
        self.file.close()  # a reader keeps writers out, also this one
        Patience(wait_seconds, self.where, tell).until(self.file.take, self.file.holder)
        self._locked = True
        try:
            tables = self._needed()
            tables.create()
            with on_interrupt(tables.session.connection.interrupt):
                yield
        finally:
            self._locked = False
            self.file.close()

    def check_lock(self) -> None:
        """See `Database.check_lock`."""
        if not self._locked:
            raise LockError("the changelog lock is not held", where=self.where, anchor="changelog-lock")

    def holder(self) -> Holder | None:
        """See `Database.holder`."""
        return None if self._locked else self.file.holder()

    def force_release(self, holder: Holder) -> bool:
        """See `Database.force_release`."""
        return holder.in_table and self.file.force_release(holder)

    def atomic(self, statements: Sequence[Statement]) -> bool:
        """See `Database.atomic`."""
        return True

    def run(self, statements: Sequence[Statement], writes: Sequence[Write] = ()) -> list[str]:
        """See `Database.run`."""
        in_transaction(self._needed(), statements, writes)
        return []

    def run_alone(self, statement: Statement, writes: Sequence[Write] = ()) -> list[str]:
        """See `Database.run_alone`."""
        tables = self._needed()
        if not must_be_alone(statement):
            return self.run([statement], writes)
        outside_transaction(tables, statement)
        if writes:
            self.write(writes)
        return []

    def write(self, writes: Sequence[Write]) -> None:
        """See `Database.write`."""
        if writes:
            self.run((), writes)

    def recovered(self, statement: Statement, *, failed: bool) -> bool:
        """See `Database.recovered`. No statement leaves anything half done."""
        return False

    def value(self, query: str) -> str | None:
        """See `Database.value`."""
        return single_value(rolled_back(self._needed(), query), query)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """See `Database.query`."""
        tables = self._opened()
        return tables.session.query(sql) if tables else []

    def has_table(self, name: str, schema: str | None = None) -> bool:
        """See `Database.has_table`."""
        return self._needed().has("table", name, schema)

    def has_view(self, name: str, schema: str | None = None) -> bool:
        """See `Database.has_view`."""
        return self._needed().has("view", name, schema)

    def as_text(self, writes: Sequence[Write]) -> list[str]:
        """See `Database.as_text`."""
        targets = DuckDBTables.targets_for(self.names, Path(self.file.path).stem)
        return [shown(sql_of(write, targets), literal) for write in writes]

    def close(self) -> None:
        """See `Database.close`."""
        self.file.close(for_good=True)

    def _needed(self) -> DuckDBTables:
        tables = self._opened()
        if tables is None:
            raise DatabaseError("the DuckDB file does not exist", where=self.where, anchor="database-connection")
        return tables

    def _opened(self) -> DuckDBTables | None:
        """The file, open at least for reading; None when it does not exist."""
        if self.file.tables is None and not self._locked:
            Patience(self.wait_seconds, self.where, lambda line: None).until(self.file.can_be_read, self.file.holder)
        return self.file.tables
