"""The SQL by which DuckDB reads a CSV file into declared types without losing anything silently.

DuckDB's casts round '1.5' to an INTEGER and drop the offset of a TIMESTAMP. So every column is read as text and
cast in the same pass, next to a witness: a second reading that differs exactly when the cast would lose something.
"""

# ruff: noqa: S608 - identifiers are quoted and texts escaped by `protocol`

import re
from collections.abc import Sequence

from data_platform.warehouse.protocol import Column, CsvFile, literal, quoted

INTEGERS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"})
DECIMAL = re.compile(r"DECIMAL\(\s*\d+\s*,\s*(\d+)\s*\)")


def loss(text: str, sql_type: str, cast: str) -> str | None:
    """A condition that is true when `cast` of the SQL expression `text` loses something; None when it cannot.

    Args:
        text: an expression that is not null.
        sql_type: the declared type.
        cast: `CAST`, or `TRY_CAST` under which an unreadable text counts as lost.
    """
    typed = f"{cast}({text} AS {sql_type})"
    if sql_type in INTEGERS:
        return f"{cast}({text} AS DOUBLE) IS DISTINCT FROM {typed}"
    if sql_type == "DATE":
        return f"{cast}({text} AS TIMESTAMP) IS DISTINCT FROM {typed}"
    if sql_type == "TIMESTAMP":
        return f"({cast}({text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC') IS DISTINCT FROM {typed}"
    if decimal := DECIMAL.fullmatch(sql_type):
        return f"regexp_matches({text}, '[.][0-9]{{{decimal[1]}}}[0-9]*[1-9]')"
    return None


def read_text(file: CsvFile, *, in_order: bool = False) -> str:
    """A subquery that gives the file's columns as text, named c0, c1, ..., with null for the null markers."""
    names = [f"c{index}" for index in range(len(file.header))]
    columns = ", ".join(f"{name}: 'VARCHAR'" for name in names)
    # not by DuckDB's own null text, which makes rows of blank lines when it is "": a line end, never an unquoted field
    nulls = "nullstr = E'\\n', allow_quoted_nulls = false"
    values = ", ".join(f"{_null_if(name, file.null_markers)} AS {name}" for name in names)
    return (
        f"(SELECT {values} FROM read_csv({literal(str(file.path))}, columns = {{{columns}}}, {nulls}, "
        f"auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', compression = 'none', "
        f"parallel = {str(not in_order).lower()}))"
    )


def create_table(table: str, columns: Sequence[Column]) -> str:
    """The statement that makes the (quoted) table empty, with its constraints."""
    parts = (f"{quoted(c.name)} {c.type}{'' if c.nullable else ' NOT NULL'}" for c in columns)
    return f"CREATE OR REPLACE TABLE {table} ({', '.join(parts)})"


def insert(table: str, file: CsvFile, columns: Sequence[Column]) -> str:
    """The statement that fills the (quoted) table, or fails at the first wrong value it meets."""

    def value(column: Column) -> str:
        text = _text(file, column)
        cast = f"CAST({text} AS {column.type})"
        lost = loss(text, column.type, "CAST")
        return f"CASE WHEN {lost} THEN error('loss') ELSE {cast} END" if lost else cast

    return f"INSERT INTO {table} SELECT {', '.join(value(c) for c in columns)} FROM {read_text(file)}"


def first_wrong_value(file: CsvFile, columns: Sequence[Column]) -> str:
    """A query for the first wrong value: (record, 1-based; index into `columns`; text), or no row."""

    def wrong(column: Column) -> str:
        text = _text(file, column)
        unreadable = f"TRY_CAST({text} AS {column.type}) IS NULL"
        lost = loss(text, column.type, "TRY_CAST") or "false"
        absent = "false" if column.nullable else "true"
        return f"CASE WHEN {text} IS NULL THEN {absent} ELSE {unreadable} OR {lost} END"

    index = " ".join(f"WHEN {wrong(c)} THEN {i}" for i, c in enumerate(columns))
    text = " ".join(f"WHEN {i} THEN {_text(file, c)}" for i, c in enumerate(columns))
    return (
        f"SELECT record, position, CASE position {text} END FROM "
        f"(SELECT *, CASE {index} END AS position FROM "
        f"(SELECT row_number() OVER () AS record, * FROM {read_text(file, in_order=True)})) "
        f"WHERE position IS NOT NULL ORDER BY record LIMIT 1"
    )


def _null_if(text: str, markers: Sequence[str]) -> str:
    for marker in markers:
        text = f"NULLIF({text}, {literal(marker)})"
    return text


def _text(file: CsvFile, column: Column) -> str:
    return f"c{file.header.index(column.name)}"
