"""The models' SQL is the same on DuckDB and Snowflake, as far as that can be told without an account.

No Snowflake runs here: the SQL that dbt compiles for it is read as sqlglot reads Snowflake's dialect.
"""

import os
import subprocess
import sys
from dataclasses import replace
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import pytest
import sqlglot

from tests.dbt_projects.dbt import PROJECTS, UNITS, Built, different_rows

# one process for all projects: loading dbt takes longer than parsing
PARSE_AND_COMPILE = """
import sys
from dbt.cli.main import dbtRunner
for project, target in zip(sys.argv[1::2], sys.argv[2::2]):
    folders = ["--project-dir", project, "--profiles-dir", project, "--target-path", target, "--log-path", target]
    parsed = dbtRunner().invoke(["--quiet", "parse", "--target", "snowflake", *folders])
    assert parsed.success, parsed.exception
    compiled = dbtRunner(manifest=parsed.result).invoke(
        ["--quiet", "compile", "--target", "snowflake", "--no-introspect", "--no-populate-cache", *folders]
    )
    assert compiled.success, compiled.exception
"""


@pytest.fixture(scope="session")
def for_snowflake(built: dict[str, Built], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    """The projects, parsed and compiled for Snowflake without an account."""
    folder = tmp_path_factory.mktemp("snowflake")
    arguments = [str(part) for unit in UNITS for part in (PROJECTS / unit, folder / unit)]
    done = subprocess.run(
        [sys.executable, "-c", PARSE_AND_COMPILE, *arguments],
        env={name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "SNOWFLAKE_"))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return {unit: replace(built[unit], target=folder / unit) for unit in UNITS}


@pytest.mark.parametrize("unit", UNITS)
def test_the_project_parses_for_snowflake_without_an_account(unit: str, for_snowflake: dict[str, Built]) -> None:
    manifest = for_snowflake[unit].manifest

    assert manifest["metadata"]["adapter_type"] == "snowflake"
    assert {node["database"] for node in manifest["nodes"].values()} == {"no_database"}


@pytest.mark.parametrize("unit", UNITS)
def test_what_dbt_compiles_parses_in_both_dialects(
    unit: str, built: dict[str, Built], for_snowflake: dict[str, Built]
) -> None:
    compiled = _compiled(built[unit])

    assert len(compiled) >= len(built[unit].models())
    for path in compiled:
        for dialect in ("duckdb", "snowflake"):
            sqlglot.parse_one(path.read_text(), dialect=dialect)
    for path in _compiled(for_snowflake[unit]):
        sqlglot.parse_one(path.read_text(), dialect="snowflake")


@pytest.mark.parametrize("unit", UNITS)
def test_the_sql_for_snowflake_means_what_the_sql_for_duckdb_means(
    unit: str, built: dict[str, Built], for_snowflake: dict[str, Built]
) -> None:
    project = for_snowflake[unit]
    models, sources = project.models(), project.manifest["sources"].values()
    with duckdb.connect() as connection:
        connection.execute(f"attach '{built[unit].database}' as built (read_only)")
        connection.execute("attach ':memory:' as no_database")
        for schema in {node["schema"] for node in [*models.values(), *sources]}:
            connection.execute(f"create schema no_database.{schema}")
        for source in sources:
            table = f"{source['schema']}.{source['name']}"
            connection.execute(f"create view no_database.{table} as from built.{table}")
        for key in TopologicalSorter({key: node["depends_on"]["nodes"] for key, node in models.items()}).static_order():
            if key not in models:
                continue
            table, columns = f"{models[key]['schema']}.{models[key]['name']}", ", ".join(models[key]["columns"])
            sql = (project.target / "compiled" / unit / models[key]["original_file_path"]).read_text()
            duckdb_sql = sqlglot.transpile(sql, read="snowflake", write="duckdb")[0]
            kind = "table" if models[key]["schema"] == "marts" else "view"
            connection.execute(f"create {kind} no_database.{table} as {duckdb_sql}")
            if kind == "table":
                assert different_rows(connection, f"no_database.{table}", f"built.{table}", columns) == 0, table


def _compiled(project: Built) -> list[Path]:
    return sorted((project.target / "compiled").rglob("*.sql"))
