"""What the units' data is, so that two moments can be compared: every row of every mart, every published file."""

import hashlib
from pathlib import Path
from typing import Any

import duckdb

from data_platform.warehouse import ObjectStorage, open_duckdb, resolve
from tests.end_to_end.live import UNITS, Live

Contents = dict[str, tuple[int, str]]


def contents(live: Live, units: tuple[str, ...] = UNITS) -> Contents:
    """Rows and a hash of them, by table of the layers `raw` and `marts` and by published model."""
    found: Contents = {}
    for unit in units:
        with open_duckdb(duckdb_file(live, unit), read_only=True) as warehouse:
            tables = warehouse.connection.execute(
                "select table_schema, table_name from information_schema.tables "
                "where table_catalog = current_database() and table_schema in ('raw', 'marts') order by all"
            ).fetchall()
            for schema, table in tables:
                found[f"{unit}/{schema}/{table}"] = _digest(warehouse.connection, f'"{schema}"."{table}"')
        version = resolve(ObjectStorage(str(live.state / "storage")), unit)
        for model, dataset in version.manifest.datasets.items():
            content = (live.state / "storage" / dataset.path).read_bytes()
            assert hashlib.sha256(content).hexdigest() == dataset.sha256
            with duckdb.connect() as connection:
                found[f"{unit}/published/{model}"] = _digest(connection, f"read_parquet('{version.url(model)}')")
    return found


def query(live: Live, unit: str, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of a query on a unit's warehouse."""
    with open_duckdb(duckdb_file(live, unit), read_only=True) as warehouse:
        return warehouse.connection.execute(sql, list(values)).fetchall()


def duckdb_file(live: Live, unit: str) -> Path:
    """The unit's warehouse."""
    return live.state / "warehouse" / "local" / f"{unit}.duckdb"


def _digest(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[int, str]:
    """Independent of the order of the rows."""
    rows, mixed, total = connection.execute(
        f"select count(*), bit_xor(hash(t)), sum(hash(t)::hugeint) from {relation} t"
    ).fetchall()[0]
    return rows, f"{mixed} {total}"
