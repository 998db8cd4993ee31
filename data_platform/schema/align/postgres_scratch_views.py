"""Views that are made in PostgreSQL only to see what it makes of them."""

from collections.abc import Iterator
from contextlib import contextmanager

from data_platform.schema.align.changes import Create, Redefine
from data_platform.schema.align.desired import Properties, Wanted
from data_platform.schema.align.names import Kind, Name, Target
from data_platform.schema.align.postgres_queries import VIEWS
from data_platform.schema.align.postgres_reading import view_properties
from data_platform.schema.align.postgres_sql import PostgresSql
from data_platform.schema.errors import DatabaseError
from data_platform.schema.postgres_errors import INVALID_TABLE_DEFINITION, code_of
from data_platform.schema.postgres_session import Session

_SCRATCH: Name = ("pg_temp", "dp_schema_align")


class ScratchViews:
    """Makes views in the transaction that is open.

    Args:
        sql: writes their statements.
    """

    def __init__(self, session: Session, sql: PostgresSql) -> None:
        self._session = session
        self._sql = sql

    def aside(self, wanted: Wanted) -> Properties:
        """Make the view among the session's temporary objects, and take it back.

        Raises:
            DatabaseError: the database refuses its SQL.
        """
        with undone(self._session):
            scratch = Create(Target(Kind.VIEW, _SCRATCH), {}, wanted.source)
            for statement in self._sql.statements(scratch):
                self._session.query(statement)
            found = self.describe(_SCRATCH)
        return found or {}

    def in_place(self, wanted: Wanted) -> Properties:
        """Replace the view, or make it anew where its columns forbid that; what is around it must undo this.

        Raises:
            DatabaseError: the database refuses its SQL.
        """
        self._session.query("SAVEPOINT replacing")
        try:
            for statement in self._sql.statements(Redefine(wanted.target, {}, wanted.source)):
                self._session.query(statement)
        except DatabaseError as error:
            if code_of(error) != INVALID_TABLE_DEFINITION:
                raise
            # replacing a view cannot take or change its columns
            self._session.query("ROLLBACK TO SAVEPOINT replacing")
            (made,) = self._sql.statements(Create(wanted.target, {}, wanted.source))
            # what reads it is gone with it for now, and is made again when its turn comes
            self._session.query(f"DROP VIEW {self._sql.identifier(wanted.target.name)} CASCADE")
            self._session.query(made)
        return self.describe(wanted.target.name) or {}

    def describe(self, name: Name) -> Properties | None:
        """A view as the database tells it now, or None when it is not there."""
        oid = self._session.query("SELECT to_regclass(%s)::oid", (self._sql.identifier(name),))[0][0]
        rows = self._session.query(VIEWS, ([oid],)) if oid else []
        if not rows:
            return None
        _, definition, _, options, columns = rows[0]
        return view_properties(definition, columns, options)


@contextmanager
def undone(session: Session) -> Iterator[None]:
    """Undo what the `with` block does."""
    session.query("SAVEPOINT trying")
    try:
        yield
    finally:
        if not session.connection.closed:
            session.query("ROLLBACK TO SAVEPOINT trying; RELEASE SAVEPOINT trying")
