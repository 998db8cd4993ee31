"""Reads a database's catalogue, whichever database it is."""

from dataclasses import replace

from data_platform.schema.catalogue.objects import Catalogue
from data_platform.schema.catalogue.relations import Table
from data_platform.schema.catalogue.source import Source
from data_platform.schema.errors import DatabaseError

# by these columns Liquibase's two tables are known, whatever they are called
_HISTORY = {"id", "author", "filename", "dateexecuted", "orderexecuted", "exectype", "md5sum"}
_LOCK = {"id", "locked", "lockgranted", "lockedby"}


def read_catalogue(source: Source) -> Catalogue:
    """Read all objects of a database but those of the system, of Liquibase and of the platform.

    Args:
        source: an open `Database`; nothing in it is changed.

    Raises:
        DatabaseError: a query failed, or this kind of database cannot be read yet.
    """
    match source.dbms:
        case "postgresql":
            from data_platform.schema.catalogue.postgres import read_postgres

            return _without_liquibase(read_postgres(source))
        case "duckdb":
            from data_platform.schema.catalogue.duckdb import read_duckdb

            return _without_liquibase(read_duckdb(source))
        case other:
            raise DatabaseError(
                f"the objects of a {other} database cannot be read yet",
                where=source.where,
                fix="compare and write out a PostgreSQL or DuckDB database",
                anchor="database-catalogue",
            )


def _without_liquibase(catalogue: Catalogue) -> Catalogue:
    theirs = {(table.schema, table.name) for table in catalogue.tables if _is_liquibases(table)}
    return replace(
        catalogue,
        tables=tuple(each for each in catalogue.tables if (each.schema, each.name) not in theirs),
        indexes=tuple(each for each in catalogue.indexes if (each.schema, each.table) not in theirs),
        triggers=tuple(each for each in catalogue.triggers if (each.schema, each.table) not in theirs),
    )


def _is_liquibases(table: Table) -> bool:
    columns = {column.name.lower() for column in table.columns}
    return columns >= _HISTORY or columns == _LOCK
