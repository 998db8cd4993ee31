"""One opening of a DuckDB file: whoever has it open for writing keeps all others out, and so it is the lock."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_platform.schema.errors import DatabaseError, StatementError
from data_platform.schema.lock import Holder
from data_platform.schema.statements import Statement

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = ":memory:"
_IN_USE = "Could not set lock on file"
_OPEN_HERE = "different configuration than existing connections"
_HOLDER = re.compile(r"held in (?P<program>.*?) \(PID (?P<pid>\d+)\)")
_LINE = re.compile(r"\nLINE (\d+): ")
_NO_TRANSACTION = "no transaction is active"


class FileInUseError(Exception):
    """Another process has the file open."""

    def __init__(self, holder: Holder) -> None:
        super().__init__(str(holder))
        self.holder = holder


class DuckDBSession:
    """A connection to a file.

    Raises:
        FileInUseError: another process has it.
        DatabaseError: it cannot be opened.
    """

    def __init__(self, file: str, where: str, *, read_only: bool) -> None:
        import duckdb

        self.where = where
        try:
            if not read_only and file != MEMORY:
                Path(file).parent.mkdir(parents=True, exist_ok=True)
            self.connection: DuckDBPyConnection = duckdb.connect(file, read_only=read_only)
        except (duckdb.Error, OSError) as error:
            if _IN_USE in str(error):
                raise FileInUseError(_holder(str(error))) from None
            if _OPEN_HERE in str(error):
                raise FileInUseError(Holder(f"this process ({os.getpid()})", session=os.getpid())) from None
            what = f"the DuckDB file cannot be opened: {_reason(error)}"
            raise DatabaseError(what, where=where, anchor="database-connection") from None

    def query(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query; `%s` stands for each value.

        Raises:
            DatabaseError: it failed.
        """
        import duckdb

        try:
            result = self.connection.execute(sql.replace("%s", "?") if values else sql, list(values))
            return result.fetchall() if result.description else []
        except (duckdb.Error, ValueError, RuntimeError) as error:
            _raise_interrupt(error)
            raise DatabaseError(_reason(error), where=self.where, anchor="database-refused") from error

    def columns(self) -> list[str]:
        """Names of the last query's columns."""
        return [column[0] for column in self.connection.description or ()]

    def run(self, statement: Statement) -> None:
        """Run a statement to its end; rows that it gives are dropped.

        Raises:
            StatementError: it failed.
        """
        import duckdb

        try:
            result = self.connection.execute(statement.text)
            while result.description and result.fetchmany(10_000):
                pass
        except (duckdb.Error, ValueError, RuntimeError) as error:
            _raise_interrupt(error)
            raise StatementError(_reason(error), statement, _position(str(error), statement.text)) from error

    def commit(self) -> None:
        """Commit; fine, too, when a changeset has ended the transaction by itself.

        Raises:
            DatabaseError: nothing was committed.
        """
        try:
            self.query("COMMIT")
        except DatabaseError as error:
            if _NO_TRANSACTION not in error.what:
                raise

    def rollback(self) -> None:
        """Roll back what is open, if anything is."""
        import duckdb

        try:
            self.connection.execute("ROLLBACK")
        except duckdb.Error:  # none is open, or the connection is of no use any more
            return

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()


def _raise_interrupt(error: Exception) -> None:
    # what DuckDB makes of Ctrl-C
    if isinstance(error, RuntimeError) and str(error) == "Query interrupted":
        raise KeyboardInterrupt from None


def _holder(message: str) -> Holder:
    found = _HOLDER.search(message)
    if found is None:
        return Holder("another process")
    return Holder(f"process {found['pid']} ({found['program']})", session=int(found["pid"]))


def _reason(error: Exception) -> str:
    text = str(error).split("\nLINE ")[0].strip()
    return " ".join(text.split()) or type(error).__name__


def _position(message: str, text: str) -> int | None:
    found = _LINE.search(message)
    if found is None:
        return None
    lines = text.split("\n")[: int(found[1]) - 1]
    return sum(len(line) + 1 for line in lines)
