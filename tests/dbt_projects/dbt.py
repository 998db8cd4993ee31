"""The dbt projects of the shipped units, built by plain dbt in a folder of their own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

PROJECTS = Path(__file__).parents[2] / "dbt_projects"
UNITS = ("meteorology", "fleet", "operations")  # in the order in which they read each other
DBT = Path(sys.executable).with_name("dbt")


@dataclass(frozen=True)
class Built:
    """A project and the warehouse it was built in."""

    unit: str
    database: Path
    target: Path

    def dbt(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run dbt in the project's folder, with nothing but the database's path given from outside."""
        done = subprocess.run(
            [DBT, *arguments],
            cwd=PROJECTS / self.unit,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "SNOWFLAKE_"))},
                "DATA_PLATFORM_DUCKDB_FILE": str(self.database),
                "DBT_TARGET_PATH": str(self.target),
                "DBT_LOG_PATH": str(self.target / "logs"),
                "NO_COLOR": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
        return done

    def results(self) -> dict[str, dict[str, Any]]:
        """Results of dbt's last run, by the node's name."""
        results = _json(self.target / "run_results.json")["results"]
        return {result["unique_id"].split(".")[2]: result for result in results}

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """dbt's manifest."""
        return _json(self.target / "manifest.json")

    def models(self) -> dict[str, dict[str, Any]]:
        """The project's models by unique id."""
        return {key: node for key, node in self.manifest["nodes"].items() if node["resource_type"] == "model"}

    def published(self) -> list[str]:
        """Names of the models that other units may read."""
        return [node["name"] for node in self.models().values() if node["access"] == "public"]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the built warehouse."""
        with duckdb.connect(self.database, read_only=True) as connection:
            return connection.execute(sql).fetchall()


def different_rows(connection: duckdb.DuckDBPyConnection, ours: str, theirs: str, columns: str = "*") -> int:
    """How many rows are in one relation or query and not in the other."""
    one, other = f"select {columns} from {ours}", f"select {columns} from {theirs}"
    sql = f"select count(*) from (({one} except all {other}) union all ({other} except all {one}))"
    return connection.execute(sql).fetchall()[0][0]


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_bytes())
