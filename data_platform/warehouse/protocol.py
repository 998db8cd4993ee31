"""What the platform asks of a warehouse, whichever it is; only what is used today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


def quoted(identifier: str) -> str:
    """An identifier as SQL writes it, in DuckDB, PostgreSQL and Snowflake alike."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL writes it, for the places that take no bound parameter."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class Table:
    """A table or view of the unit's warehouse; `str()` gives it quoted for SQL."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}"


@dataclass(frozen=True)
class Column:
    """A column of a table: SQL type, whether it may be null, and what it means."""

    name: str
    type: str
    nullable: bool = True
    description: str = ""


@dataclass(frozen=True)
class CsvFile:
    """A CSV file to load: UTF-8, comma-separated, RFC 4180 quotes, a header.

    Attributes:
        path: a file on this machine.
        header: the names in its header, in order.
        null_markers: texts that stand for null in every column, quoted or not.
    """

    path: Path
    header: tuple[str, ...]
    null_markers: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class Exported:
    """What a Parquet file written by `Warehouse.export_parquet` holds."""

    rows: int
    columns: tuple[Column, ...]


class Warehouse(Protocol):
    """A unit's own database. Every method is one transaction: it happens entirely, or nothing changed."""

    def row_count(self, table: Table) -> int:
        """The number of rows of a table or view."""

    def columns(self, table: Table) -> tuple[Column, ...]:
        """The columns of a table or view in order; empty when it does not exist."""

    def load_csv(self, table: Table, file: CsvFile, columns: Sequence[Column], description: str = "") -> int:
        """Replace a table by the declared columns of a CSV file, with comments from the descriptions.

        Args:
            table: replaced in one step; its schema is made when missing.
            file: columns of it that are not declared are left out.
            columns: each named in the file's header; types of `ingest.columns`.
            description: comment of the table.

        Returns:
            The number of rows loaded.

        Raises:
            WrongValueError: a value is not of its column's type, would lose something by the cast, or is missing.
            WarehouseError: the file cannot be parsed, or the database failed.
        """

    def replace_views(self, schema: str, files: Mapping[str, str], description: str = "") -> None:
        """Make the views of a schema exactly these, each over one Parquet file (name -> path or URL)."""

    def export_parquet(self, query: str, file: Path) -> Exported:
        """Write the rows of a query to a Parquet file on this machine."""
