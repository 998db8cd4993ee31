"""DuckDB: DDL is transactional, and the file has one writer, so that opening it is taking the lock."""

# ruff: noqa: S608 - identifiers are quoted by `names`, values bound

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from data_platform.schema import ledger
from data_platform.schema.address import Address
from data_platform.schema.changeset import Identity
from data_platform.schema.duckdb_session import MEMORY, DuckDBSession, FileInUseError
from data_platform.schema.duckdb_tables import DuckDBTables
from data_platform.schema.errors import DatabaseError, LockError
from data_platform.schema.history import History
from data_platform.schema.interrupts import on_interrupt
from data_platform.schema.lock import Holder, Patience
from data_platform.schema.names import Names, literal
from data_platform.schema.notes import Note
from data_platform.schema.statements import Statement
from data_platform.schema.write_sql import shown, sql_of
from data_platform.schema.writes import Write


class DuckDBDatabase:
    """See `database.Database`. The file is opened when it is needed; for writing, only while the lock is held."""

    dbms = "duckdb"

    def __init__(self, address: Address, names: Names, wait_seconds: float) -> None:
        self.where = address.shown
        self.file = address.path
        self.names = names
        self.wait_seconds = wait_seconds
        self._tables: DuckDBTables | None = None
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
        rows = tables.session.query(f"SELECT * FROM {tables.changelog} ORDER BY DATEEXECUTED, ORDEREXECUTED")
        return History(ledger.read_history(tables.session.columns(), rows))

    def notes(self) -> Mapping[Identity, Note]:
        """See `Database.notes`."""
        tables = self._opened()
        if tables is None or not tables.has_notes:
            return {}
        query = ledger.NOTES_QUERY.format(notes=tables.notes)
        return ledger.read_notes(tables.session.query(query, (tables.ledger,)))

    @contextmanager
    def lock(self, wait_seconds: float, tell: Callable[[str], None]) -> Iterator[None]:
        """See `Database.lock`."""
        self._close_file()  # a reader keeps writers out, also this one
        Patience(wait_seconds, self.where, tell).until(self._take, self.holder)
        self._locked = True
        try:
            tables = self._writer()
            tables.create()
            with on_interrupt(tables.session.connection.interrupt):
                yield
        finally:
            self._locked = False
            self._close_file()

    def check_lock(self) -> None:
        """See `Database.check_lock`."""
        if not self._locked:
            raise LockError("the changelog lock is not held", where=self.where, anchor="changelog-lock")

    def holder(self) -> Holder | None:
        """See `Database.holder`."""
        if self._locked:
            return None
        was_open = self._tables is not None
        try:
            tables = self._open(read_only=True)
            return tables.holder() if tables else None
        except FileInUseError as in_use:
            return in_use.holder
        finally:
            if not was_open:
                self._close_file()  # else its holder could never say that it is done

    def force_release(self, holder: Holder) -> bool:
        """See `Database.force_release`."""
        if not holder.in_table:
            return False
        self._close_file()
        try:
            tables = self._open(read_only=False)
            return tables is not None and tables.clear_lock(holder)
        except FileInUseError:
            return False
        finally:
            self._close_file()

    def atomic(self, statements: Sequence[Statement]) -> bool:
        """See `Database.atomic`."""
        return True

    def run(self, statements: Sequence[Statement], writes: Sequence[Write] = ()) -> list[str]:
        """See `Database.run`."""
        tables = self._writer()
        session = tables.session
        session.query("BEGIN")
        try:
            session.query(tables.use_schema)
            for statement in statements:
                session.run(statement)
            for write in writes:
                # after an error DuckDB takes COMMIT for ROLLBACK and says nothing; a write would have failed before
                session.query(*sql_of(write, tables.targets))
            session.commit()
        except DatabaseError:
            session.rollback()
            raise
        return []

    def run_alone(self, statement: Statement, writes: Sequence[Write] = ()) -> list[str]:
        """See `Database.run_alone`."""
        tables = self._writer()
        if not tables.must_be_alone(statement.bare):
            return self.run([statement], writes)
        tables.session.query(tables.use_schema)
        try:
            tables.session.run(statement)
        finally:
            tables.session.rollback()
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
        tables = self._writer()
        session = tables.session
        session.query("BEGIN")
        try:
            session.query(tables.use_schema)
            rows = session.query(query)
        finally:
            session.rollback()
        if len(rows) > 1 or (rows and len(rows[0]) != 1):
            raise DatabaseError(f"the query gives more than one value: {query}")
        value = rows[0][0] if rows else None
        return value if value is None else str(value).lower() if isinstance(value, bool) else str(value)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """See `Database.query`."""
        tables = self._tables if self._locked else self._opened()
        return tables.session.query(sql) if tables else []

    def has_table(self, name: str, schema: str | None = None) -> bool:
        """See `Database.has_table`."""
        return self._writer().has("table", name, schema)

    def has_view(self, name: str, schema: str | None = None) -> bool:
        """See `Database.has_view`."""
        return self._writer().has("view", name, schema)

    def as_text(self, writes: Sequence[Write]) -> list[str]:
        """See `Database.as_text`."""
        targets = DuckDBTables.targets_for(self.names, Path(self.file).stem)
        return [shown(sql_of(write, targets), literal) for write in writes]

    def close(self) -> None:
        """See `Database.close`."""
        self._close_file(for_good=True)

    def _take(self) -> bool:
        try:
            tables = self._open(read_only=False)
        except FileInUseError:
            return False
        if tables is not None and tables.holder():
            self._close_file()
            return False
        return True

    def _writer(self) -> DuckDBTables:
        tables = self._tables if self._locked else self._opened()
        if tables is None:
            raise DatabaseError("the DuckDB file does not exist", where=self.where, anchor="database-connection")
        return tables

    def _opened(self) -> DuckDBTables | None:
        """The file, open at least for reading; None when it does not exist."""
        if self._tables is None:
            patience = Patience(self.wait_seconds, self.where, lambda line: None)
            patience.until(self._can_read, self.holder)
        return self._tables

    def _can_read(self) -> bool:
        try:
            self._open(read_only=True)
        except FileInUseError:
            return False
        return True

    def _open(self, *, read_only: bool) -> DuckDBTables | None:
        if self._tables is None and (not read_only or self.file == MEMORY or Path(self.file).exists()):
            session = DuckDBSession(self.file, self.where, read_only=read_only and self.file != MEMORY)
            self._tables = DuckDBTables(session, self.names)
        return self._tables

    def _close_file(self, *, for_good: bool = False) -> None:
        if self._tables is not None and (for_good or self.file != MEMORY):
            self._tables.session.close()
            self._tables = None
