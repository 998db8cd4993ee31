"""Loading: a landed CSV file into a raw table with the columns a person declared, entirely or not at all."""

import csv
import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_platform.errors import UsageError
from data_platform.ingest.csv_records import first_defect, line_of, records
from data_platform.ingest.landing import LandedFile
from data_platform.ingest.sources import IngestError
from data_platform.warehouse import Column, CsvFile, Table, Warehouse, WarehouseError, WrongValueError

NUMBERS = ("SMALLINT", "INTEGER", "BIGINT", "DOUBLE", "DECIMAL(p, s)")
TYPES = ("VARCHAR", "BOOLEAN", *NUMBERS, "DATE", "TIMESTAMP", "TIMESTAMPTZ")
DECIMAL = re.compile(r"DECIMAL\(\s*\d{1,2}\s*,\s*\d{1,2}\s*\)")
KEPT = "the earlier table is unchanged"


@dataclass(frozen=True)
class LoadedTable:
    """What a load did.

    Attributes:
        table: the table it replaced.
        rows: number of rows.
        columns: as declared.
        sha256: hash of the landed file.
        extra_columns: columns of the file that are not declared and were left out; worth a warning.
    """

    table: Table
    rows: int
    columns: tuple[Column, ...]
    sha256: str
    extra_columns: tuple[str, ...]


def load(
    landed: LandedFile,
    columns: Sequence[Column],
    warehouse: Warehouse,
    table: Table,
    *,
    description: str = "",
    null_markers: Sequence[str] = ("",),
) -> LoadedTable:
    """Replace a raw table by a landed file.

    Args:
        landed: a CSV file (UTF-8, commas, a header), or a zip file that holds one.
        columns: the declared columns, in the order of the table; types are `TYPES`.
        warehouse: the unit's own.
        table: the raw table.
        description: comment of the table.
        null_markers: texts that stand for null in every column, quoted or not. Without "" among them an empty
            field is an empty text, and a wrong value in any other type.

    Raises:
        UsageError: a declaration is wrong.
        IngestError: names file and line: a column is missing, a value is wrong, or the file is no proper CSV.
    """
    columns = _declared(columns)
    with landed.csv() as (file, name):
        header = _header(file, name, landed)
        for column in columns:
            if header.count(column.name) != 1:
                raise _wrong(landed, name, 1, _misnamed(column.name, header))
        try:
            rows = warehouse.load_csv(table, CsvFile(file, header, tuple(null_markers)), columns, description)
        except WrongValueError as error:
            line = line_of(file, error.record, header.index(error.column))
            raise _wrong(landed, name, line, error.reason) from error
        except WarehouseError as error:
            if defect := first_defect(file):
                raise _wrong(landed, name, *defect) from error
            raise
    extra = tuple(name for name in header if name not in {column.name for column in columns})
    return LoadedTable(table, rows, tuple(columns), landed.sha256, extra)


def _declared(columns: Sequence[Column]) -> list[Column]:
    if not columns:
        raise UsageError("no columns are declared", anchor="declared-columns")
    # a warehouse does not tell "Id" from "id"
    counted = Counter(column.name.lower() for column in columns)
    for column in columns:
        if counted[column.name.lower()] > 1:
            raise UsageError(f"column {column.name!r} is declared twice", anchor="declared-columns")
        kind = column.type.upper()
        if kind not in TYPES and not DECIMAL.fullmatch(kind):
            raise UsageError(
                f"column {column.name!r} has the unknown type {column.type!r}",
                fix=f"use one of: {', '.join(TYPES)}",
                anchor="declared-columns",
            )
    return [Column(c.name, c.type.upper(), c.nullable, c.description) for c in columns]


def _header(file: Path, name: str, landed: LandedFile) -> tuple[str, ...]:
    try:
        header = next(records(file)).fields
    except StopIteration:
        raise _wrong(landed, name, 1, "the file is empty") from None
    except (csv.Error, UnicodeDecodeError):
        raise _wrong(landed, name, *(first_defect(file) or (1, "the header cannot be read"))) from None
    return tuple(header)


def _misnamed(column: str, header: tuple[str, ...]) -> str:
    if column in header:
        return f"column {column!r} stands {header.count(column)} times in the header"
    near = difflib.get_close_matches(column, header, n=1)
    return f"column {column!r} is missing{f' (the header has {near[0]!r})' if near else ''}"


def _wrong(landed: LandedFile, name: str, line: int, what: str) -> IngestError:
    fix = f"correct {landed.source} or the declared columns; {KEPT}"
    return IngestError(what, where=name, line=line, fix=fix, anchor="source-file")
