"""Snowflake: statements that run in one transaction with what is written to the history, where they bear that."""

import re
from collections.abc import Sequence

from data_platform.schema.errors import DatabaseError
from data_platform.schema.snowflake_session import SnowflakeSession
from data_platform.schema.snowflake_tables import SnowflakeTables
from data_platform.schema.statements import Statement
from data_platform.schema.write_sql import Bound

_DML = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|MERGE|SELECT)\b", re.IGNORECASE)
_MOVES = re.compile(r"\bUSE\b", re.IGNORECASE)


def commits_by_itself(statements: Sequence[Statement]) -> bool:
    """Whether one of these ends a transaction, as DDL does."""
    return not all(_DML.match(statement.bare) for statement in statements)


class SnowflakeTransaction:
    """Runs statements in the default schema."""

    def __init__(self, session: SnowflakeSession, tables: SnowflakeTables) -> None:
        self.session = session
        self.tables = tables
        self._moved = False

    def run(self, statements: Sequence[Statement], writes: Sequence[Bound]) -> None:
        """Run statements, then write to the history; DDL among them stays whatever becomes of the others.

        Raises:
            StatementError: a statement failed; what did not commit by itself is rolled back.
            DatabaseError: a write failed; the same.
        """
        self.go_home()
        self.session.query("BEGIN")
        try:
            for statement in statements:
                self._run(statement)
            for write in writes:
                self.session.query(*write)
            self.session.query("COMMIT")
        except DatabaseError:
            self.session.query("ROLLBACK")
            raise

    def run_alone(self, statement: Statement) -> None:
        """Run one statement, which commits by itself.

        Raises:
            StatementError: it failed.
        """
        self.go_home()
        self._run(statement)

    def go_home(self) -> None:
        """Back to the default schema, if an earlier statement may have left it."""
        if self._moved:
            self.session.query(f"USE SCHEMA {self.tables.schema}")
            self._moved = False

    def _run(self, statement: Statement) -> None:
        self._moved = self._moved or _MOVES.search(statement.text) is not None
        self.session.run(statement)
