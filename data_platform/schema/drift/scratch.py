"""A database to build a changelog on, which is gone afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from data_platform.schema.connecting import connect
from data_platform.schema.database import Database
from data_platform.schema.drift.outside import Outside
from data_platform.schema.errors import DatabaseError
from data_platform.schema.names import quoted


@contextmanager
def scratch(database: Database, stands_on: Outside) -> Iterator[Database]:
    """An empty database of the same kind, with what the changelog stands on.

    On PostgreSQL a database on the same server, or on a server of its own where the right to make one is missing; on
    DuckDB one in memory.

    Raises:
        DatabaseError: it cannot be made.
    """
    match database.dbms:
        case "postgresql":
            from data_platform.schema.drift.scratch_postgres import scratch_url
            from data_platform.schema.postgres import PostgresDatabase

            assert isinstance(database, PostgresDatabase)  # noqa: S101 - it says that it is
            with scratch_url(database) as url:
                _prepare(url, stands_on)
                with _open(connect(url, database.names)) as copy:
                    yield copy
        case "duckdb":
            from data_platform.schema.duckdb import DuckDBDatabase

            assert isinstance(database, DuckDBDatabase)  # noqa: S101 - it says that it is
            with _open(connect("duckdb:///:memory:", database.names)) as copy:
                for name in stands_on.schemas:
                    copy.query(f"CREATE SCHEMA IF NOT EXISTS {quoted(name)}")
                yield copy
        case other:
            raise DatabaseError(
                f"a changelog cannot be built on a scratch {other} database yet",
                where=database.where,
                anchor="database-catalogue",
            )


def _prepare(url: str, stands_on: Outside) -> None:
    from data_platform.schema.address import read_address
    from data_platform.schema.postgres_session import Session

    session = Session(read_address(url))
    try:
        for name in stands_on.schemas:
            session.query(f"CREATE SCHEMA IF NOT EXISTS {quoted(name)}")
        for extension in stands_on.extensions:
            # one that is not to be had here matters only where a changeset uses it, which then says so
            with suppress(DatabaseError):
                session.query(f"CREATE EXTENSION {quoted(extension.name)} SCHEMA {quoted(extension.schema)} CASCADE")
    finally:
        session.close()


@contextmanager
def _open(database: Database) -> Iterator[Database]:
    try:
        yield database
    finally:
        database.close()
