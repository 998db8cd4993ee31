"""What the schema room needs of a database: the same few things of PostgreSQL, DuckDB and Snowflake."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from data_platform.schema.changeset import Identity
    from data_platform.schema.history import History
    from data_platform.schema.lock import Holder
    from data_platform.schema.notes import Note
    from data_platform.schema.statements import Statement
    from data_platform.schema.writes import Write


class Database(Protocol):
    """One database with its history of deploys. Only `lock` and what is called inside it ever write."""

    @property
    def dbms(self) -> str:
        """`postgresql`, `duckdb` or `snowflake`: what changesets call it in `dbms:`."""

    @property
    def where(self) -> str:
        """Its URL for messages, without a password."""

    @property
    def keeps_notes(self) -> bool:
        """Whether there is a table for `Note`s, `platform.schema_changesets`. `lock` tries to create it."""

    def history(self) -> History:
        """The rows of `databasechangelog`, in one query; none when there is no such table.

        Raises:
            DatabaseError: the table cannot be read.
        """

    def notes(self) -> Mapping[Identity, Note]:
        """What is remembered beside the history, by the changeset's identity; empty without that table."""

    def lock(self, wait_seconds: float, tell: Callable[[str], None]) -> AbstractContextManager[None]:
        """Create the tables where they are missing, and hold the changelog lock.

        The lock is Liquibase's and that of other deploys at once. It ends with the `with` block, and with this
        process, however that ends. Read the history again inside.

        Args:
            wait_seconds: how long to wait for somebody else's; 0 does not wait.
            tell: is given one line when it has to wait (who holds the lock, since when), and other lines of that kind.

        Raises:
            LockError: somebody else still holds it.
            DatabaseError: the tables cannot be created.
        """

    def check_lock(self) -> None:
        """Raise when the lock that is held was lost meanwhile.

        Raises:
            LockError: its session was ended from outside.
        """

    def holder(self) -> Holder | None:
        """Who holds the lock now, or None. Never waits."""

    def force_release(self, holder: Holder) -> bool:
        """Clear the row that a dead Liquibase left in the lock table.

        Args:
            holder: as shown to the person who decided; nothing happens when the lock changed hands since.

        Returns:
            Whether the lock is free of that holder now.
        """

    def atomic(self, statements: Sequence[Statement]) -> bool:
        """Whether these can be one transaction here; on Snowflake DDL commits by itself."""

    def run(self, statements: Sequence[Statement], writes: Sequence[Write] = ()) -> list[str]:
        """Run statements, then write to the history, all in one transaction: everything of it stays, or nothing.

        Returns:
            What the database remarked meanwhile (notices), a line each.

        Raises:
            StatementError: a statement failed.
            DatabaseError: the history could not be written, or the connection is lost.
        """

    def run_alone(self, statement: Statement, writes: Sequence[Write] = ()) -> list[str]:
        """Run one statement outside of a transaction, then write to the history: in one go where it bears that.

        Raises:
            StatementError: the statement failed; nothing was written.
            DatabaseError: the history could not be written, or the connection is lost.
        """

    def write(self, writes: Sequence[Write]) -> None:
        """Write to the history in one transaction.

        Raises:
            DatabaseError: it could not be written.
        """

    def recovered(self, statement: Statement, *, failed: bool) -> bool:
        """Clear up what an earlier try of a statement left, of which it is not known whether it finished.

        Args:
            failed: whether the database said that it failed; else the deploy was killed.

        Returns:
            Whether it had finished, and need not run again.
        """

    def value(self, query: str) -> str | None:
        """The single value of a query as the database prints it (a boolean of PostgreSQL is `t`); None for no row.

        What the query might change is rolled back.

        Raises:
            DatabaseError: it fails, or gives more than one value.
        """

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query of our own that only reads; none from a database that does not exist yet.

        Raises:
            DatabaseError: it failed.
        """

    def has_table(self, name: str, schema: str | None = None) -> bool:
        """Whether a table of this name, compared without regard to case, is in the schema or the default schema."""

    def has_view(self, name: str, schema: str | None = None) -> bool:
        """The same for a view."""

    def as_text(self, writes: Sequence[Write]) -> list[str]:
        """The SQL of writes, to be shown; values as literals."""

    def close(self) -> None:
        """Let go of the database."""
