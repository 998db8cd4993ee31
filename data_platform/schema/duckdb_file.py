"""DuckDB's file, opened and closed: open for writing it is the lock, so nobody keeps it open while waiting."""

from pathlib import Path

from data_platform.schema.duckdb_session import MEMORY, DuckDBSession, FileInUseError
from data_platform.schema.duckdb_tables import DuckDBTables
from data_platform.schema.lock import Holder
from data_platform.schema.names import Names


class DuckDBFile:
    """A file that may be open.

    Attributes:
        tables: what is in it while it is open, else None. A database in memory stays open once it was.
    """

    def __init__(self, path: str, where: str, names: Names) -> None:
        self.path = path
        self.where = where
        self.names = names
        self.tables: DuckDBTables | None = None

    def can_be_read(self) -> bool:
        """Open it for reading, if it exists and nobody else has it; whether nobody else has it.

        Raises:
            DatabaseError: it cannot be opened at all.
        """
        try:
            self._open(read_only=True)
        except FileInUseError:
            return False
        return True

    def take(self) -> bool:
        """Open it for writing, and make it when it does not exist; whether that worked, and no lock is in its table.

        Raises:
            DatabaseError: it cannot be opened at all.
        """
        try:
            self._open(read_only=False)
        except FileInUseError:
            return False
        if self.tables is not None and self.tables.holder():
            self.close()  # else its holder could never say that it is done
            return False
        return True

    def holder(self) -> Holder | None:
        """The process that has it open, or who is written in its lock table. Leaves it as open as it was."""
        was_open = self.tables is not None
        try:
            self._open(read_only=True)
            return self.tables.holder() if self.tables else None
        except FileInUseError as in_use:
            return in_use.holder
        finally:
            if not was_open:
                self.close()

    def force_release(self, holder: Holder) -> bool:
        """Free the lock in its table if that still says what `holder` says."""
        self.close()
        try:
            self._open(read_only=False)
            return self.tables is not None and self.tables.clear_lock(holder)
        except FileInUseError:
            return False
        finally:
            self.close()

    def close(self, *, for_good: bool = False) -> None:
        """Close it; one in memory only when it is for good."""
        if self.tables is not None and (for_good or self.path != MEMORY):
            self.tables.session.close()
            self.tables = None

    def _open(self, *, read_only: bool) -> None:
        in_memory = self.path == MEMORY
        if self.tables is None and (not read_only or in_memory or Path(self.path).exists()):
            session = DuckDBSession(self.path, self.where, read_only=read_only and not in_memory)
            self.tables = DuckDBTables(session, self.names)
