"""DuckDB: statements that run in one transaction with what is written to the history, or outside of any."""

import re
from collections.abc import Sequence
from typing import Any

from data_platform.schema.duckdb_tables import DuckDBTables
from data_platform.schema.errors import DatabaseError
from data_platform.schema.statements import Statement
from data_platform.schema.write_sql import sql_of
from data_platform.schema.writes import Write

# statements that refuse to be in a transaction, or that begin or end one
_ALONE = re.compile(
    r"\s*(?:CHECKPOINT|FORCE|BEGIN|START|COMMIT|END|ROLLBACK|ABORT|ATTACH|DETACH|PRAGMA|VACUUM)\b", re.IGNORECASE
)


def must_be_alone(statement: Statement) -> bool:
    """Whether a statement cannot be in a transaction with anything else."""
    return _ALONE.match(statement.bare) is not None


def in_transaction(tables: DuckDBTables, statements: Sequence[Statement], writes: Sequence[Write]) -> None:
    """Run statements in the default schema, then write to the history, as one transaction.

    Raises:
        StatementError: a statement failed; all is rolled back.
        DatabaseError: a write failed; all is rolled back.
    """
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


def outside_transaction(tables: DuckDBTables, statement: Statement) -> None:
    """Run one statement by itself; a transaction that it leaves open is rolled back.

    Raises:
        StatementError: it failed.
    """
    tables.session.query(tables.use_schema)
    try:
        tables.session.run(statement)
    finally:
        tables.session.rollback()


def rolled_back(tables: DuckDBTables, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query in the default schema; what it changes is rolled back.

    Raises:
        DatabaseError: it failed.
    """
    session = tables.session
    session.query("BEGIN")
    try:
        session.query(tables.use_schema)
        return session.query(query)
    finally:
        session.rollback()
