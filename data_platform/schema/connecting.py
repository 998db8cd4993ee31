"""Connects to a database by its URL; what a kind of database needs is imported only for that kind."""

from data_platform.schema.address import read_address
from data_platform.schema.database import Database
from data_platform.schema.names import Names


def connect(url: str, names: Names | None = None, *, wait_seconds: float = 300.0) -> Database:
    """Connect to a database.

    Args:
        url: `postgresql://user@host/database`, `duckdb:///file` (absolute: `duckdb:////folder/file`), or
            `snowflake://user@account/database/schema?warehouse=…` (password or key from the environment).
        names: schemas and tables, where they are not Liquibase's usual ones.
        wait_seconds: for DuckDB, how long to wait for a file that another process has open when only reading.

    Raises:
        UsageError: the URL is wrong.
        DatabaseError: the database cannot be reached.
    """
    address = read_address(url)
    names = names or Names()
    match address.kind:
        case "postgresql":
            from data_platform.schema.postgres import PostgresDatabase

            return PostgresDatabase(address, names)
        case "duckdb":
            from data_platform.schema.duckdb import DuckDBDatabase

            return DuckDBDatabase(address, names, wait_seconds)
        case _:
            from data_platform.schema.snowflake import SnowflakeDatabase

            return SnowflakeDatabase(address, names)
