"""DuckDB: one file a unit and environment. The file has one writer at a time, so opening waits for its turn."""

# ruff: noqa: S608 - identifiers are quoted and texts escaped by `protocol`

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from data_platform.warehouse import csv_load
from data_platform.warehouse.duckdb_connection import cause, connect
from data_platform.warehouse.errors import WarehouseError, WrongValueError
from data_platform.warehouse.protocol import Column, CsvFile, Exported, Table, literal, quoted
from data_platform.warehouse.storage import ObjectStorage

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@contextmanager
def open_duckdb(
    file: Path, *, storage: ObjectStorage | None = None, read_only: bool = False, wait_seconds: float = 60.0
) -> Iterator["DuckDBWarehouse"]:
    """Open a unit's DuckDB file, waiting while another process has it; it is made when missing.

    Args:
        file: `Environment.duckdb_file(unit)`.
        storage: the storage whose objects are read in it; needed only when that is not on this machine.
        read_only: readers share the file with each other, not with a writer.
        wait_seconds: how long to wait for the file's lock.

    Raises:
        WarehouseError: the file stays locked (names the holder), is no DuckDB file (it is left as it is), or
            DuckDB failed inside the `with` block.
    """
    import duckdb

    connection = connect(file, read_only=read_only, wait_seconds=wait_seconds)
    try:
        # a time without an offset means the same on every machine
        connection.execute("SET TimeZone = 'UTC'")
        if storage and storage.filesystem:
            connection.register_filesystem(storage.filesystem)
        yield DuckDBWarehouse(connection)
    except duckdb.Error as error:
        raise WarehouseError(f"DuckDB failed: {cause(error)}", where=file, anchor="warehouse-query") from error
    finally:
        connection.close()


class DuckDBWarehouse:
    """See `protocol.Warehouse`. `connection` is DuckDB's own, for what the protocol does not name."""

    def __init__(self, connection: "DuckDBPyConnection") -> None:
        self.connection = connection

    def row_count(self, table: Table) -> int:
        """See `Warehouse.row_count`."""
        return int(self._value(f"SELECT count(*) FROM {table}"))

    def columns(self, table: Table) -> tuple[Column, ...]:
        """See `Warehouse.columns`."""
        rows = self.connection.execute(
            "SELECT column_name, data_type, is_nullable, coalesce(comment, '') FROM duckdb_columns() "
            "WHERE database_name = current_database() AND schema_name = ? AND table_name = ? ORDER BY column_index",
            [table.schema, table.name],
        ).fetchall()
        return tuple(Column(*row) for row in rows)

    def load_csv(self, table: Table, file: CsvFile, columns: Sequence[Column], description: str = "") -> int:
        """See `Warehouse.load_csv`."""
        import duckdb

        try:
            with self._transaction():
                self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(table.schema)}")
                self.connection.execute(csv_load.create_table(str(table), columns))
                rows = int(self._value(csv_load.insert(str(table), file, columns)))
                self._comment(f"TABLE {table}", description)
                for column in columns:
                    self._comment(f"COLUMN {table}.{quoted(column.name)}", column.description)
        except duckdb.Error as error:
            self._raise_for_value(file, columns)
            raise WarehouseError(
                f"could not be loaded: {cause(error)}", where=file.path, anchor="warehouse-query"
            ) from error
        return rows

    def replace_views(self, schema: str, files: Mapping[str, str], description: str = "") -> None:
        """See `Warehouse.replace_views`."""
        with self._transaction():
            self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
            present = self.connection.execute(
                "SELECT view_name FROM duckdb_views() WHERE database_name = current_database() AND schema_name = ?",
                [schema],
            ).fetchall()
            for (name,) in present:
                if name not in files:
                    self.connection.execute(f"DROP VIEW {Table(schema, name)}")
            for name, file in files.items():
                view = Table(schema, name)
                self.connection.execute(f"CREATE OR REPLACE VIEW {view} AS SELECT * FROM read_parquet({literal(file)})")
                self._comment(f"VIEW {view}", description)

    def export_parquet(self, query: str, file: Path) -> Exported:
        """See `Warehouse.export_parquet`."""
        target = literal(str(file))
        rows = int(self._value(f"COPY ({query}) TO {target} (FORMAT parquet, COMPRESSION zstd)"))
        columns = self.connection.execute(f"DESCRIBE SELECT * FROM read_parquet({target})").fetchall()
        return Exported(rows, tuple(Column(name, kind) for name, kind, *_ in columns))

    def _value(self, query: str) -> int:
        row = self.connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    def _comment(self, what: str, text: str) -> None:
        if text:
            self.connection.execute(f"COMMENT ON {what} IS {literal(text)}")

    def _raise_for_value(self, file: CsvFile, columns: Sequence[Column]) -> None:
        import duckdb

        try:
            found = self.connection.execute(csv_load.first_wrong_value(file, columns)).fetchone()
        except duckdb.Error:
            return  # the file cannot even be parsed: the first error says it
        if found:
            record, position, text = found
            raise WrongValueError(record, columns[position].name, text, columns[position].type)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.connection.execute("BEGIN TRANSACTION")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:  # also an interrupt: no transaction stays open
            import duckdb

            with suppress(duckdb.Error):  # a failed COMMIT has already rolled back
                self.connection.execute("ROLLBACK")
            raise
