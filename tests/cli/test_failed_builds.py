"""`dp unit build` when it fails: one line for each cause, the summary, and exit code 1; never a traceback."""

import json

import pytest

from data_platform.environment import Environment
from tests.cli.conftest import Done, shell
from tests.dbt.projects import write_files


@pytest.fixture(scope="module")
def builds(template: Environment) -> dict[str, Done]:
    """The shop is built with a file that is no database, then with a test that fails."""
    root, database = template.root, template.duckdb_file("shop")
    project = root / "dbt_projects" / "shop" / "models" / "marts"
    database.parent.mkdir(parents=True, exist_ok=True)
    database.write_bytes(b"no database" * 1000)
    done = {"no database": shell(root, "unit", "build", "shop")}
    assert database.read_bytes() == b"no database" * 1000
    database.unlink()
    sound = (project / "one.sql").read_text()
    write_files(project, {"one.sql": "select 1 as id union all select 1"})
    done["failing test"] = shell(root, "unit", "build", "shop", "--json")
    write_files(project, {"one.sql": sound})
    return done


def lines(done: Done) -> list[str]:
    assert done.code == 1
    assert "Traceback" not in done.out + done.err
    assert "Stack Trace" not in done.out + done.err
    return [line for line in done.err.splitlines() if line.startswith("dp: ")]


def test_a_warehouse_file_that_is_no_database_is_told_with_what_to_do(
    builds: dict[str, Done], template: Environment
) -> None:
    (line,) = lines(builds["no database"])
    assert line.startswith(f"dp: shop: {template.duckdb_file('shop')}: the warehouse file cannot be opened: ")
    assert "-> restore it, or move it away and run `dp unit build shop`" in line
    assert "failure" in builds["no database"].out


def test_a_test_that_fails_is_told_with_its_file(builds: dict[str, Done]) -> None:
    assert lines(builds["failing test"]) == []  # programs read it from the summary
    summary = json.loads(builds["failing test"].out)
    (row,) = summary["units"]
    assert (row["status"], row["assets"], row["checks_failed"]) == ("failure", 1, 1)
    assert row["cause"].startswith("dbt: dbt_projects/shop/models/marts/one.yml: unique_one_id: Got 1 result")
    assert summary["total"]["status"] == "failure"


def test_a_wrong_definition_is_told_with_file_and_line(template: Environment) -> None:
    wrong = {
        "__init__.py": "",
        "x/defs.yaml": "type: data_platform.components.FileIngestion\nattributes:\n  table: 5\n",
    }
    folder = write_files(template.code_locations / "shop" / "defs", wrong)
    try:
        done = shell(template.root, "unit", "build", "shop")
    finally:
        for path in sorted(folder.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        folder.rmdir()
    assert done.code == 2
    assert done.line.startswith("dp: code_locations/shop/defs/x/defs.yaml:3: table: input should be a valid string")
