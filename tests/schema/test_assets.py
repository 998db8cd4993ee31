"""A changelog as an asset: what a run deploys, and what its checks say."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from data_platform.schema.assets import DRIFT, PENDING, schema_definitions
from data_platform.schema.target import Target
from tests.schema.changelogs import written

KEY = dg.AssetKey(["fleet", "schema"])


class Unit:
    """A changelog with its asset."""

    def __init__(self, folder: Path, file: Path) -> None:
        self.folder, self.file = folder, file
        target = Target(folder, f"duckdb:///{file}", (folder,))
        self.definitions = schema_definitions(
            lambda: target, key=KEY, description="x", owners=["team:fleet"], kind="duckdb", pool=None
        )

    def run(self) -> dg.ExecuteInProcessResult:
        assets: list[Any] = [*(self.definitions.assets or ()), *(self.definitions.asset_checks or ())]
        return dg.materialize(assets, raise_on_error=False)

    def checks(self) -> dict[str, dg.AssetCheckEvaluation]:
        job = dg.define_asset_job("checks", selection=dg.AssetSelection.all_asset_checks())
        definitions = dg.Definitions.merge(self.definitions, dg.Definitions(jobs=[job]))
        result = definitions.resolve_job_def("checks").execute_in_process(raise_on_error=False)
        return {each.check_name: each for each in result.get_asset_check_evaluations()}

    def execute(self, sql: str) -> None:
        with duckdb.connect(str(self.file)) as connection:
            connection.execute(sql)


@pytest.fixture
def unit(tmp_path: Path, duckdb_file: Path) -> Unit:
    folder = tmp_path / "schema"
    written(folder, "--changeset a:1\nCREATE TABLE t (x INTEGER);\n", "area/001_t.sql")
    return Unit(folder, duckdb_file)


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    (event,) = result.asset_materializations_for_node(KEY.to_python_identifier())
    return {name: value.value for name, value in event.metadata.items()}


def test_a_run_deploys_and_says_what_and_why(unit: Unit) -> None:
    found = metadata(unit.run())
    assert (found["changesets"], found["ran"]) == (1, 1)
    assert len(found["deployment_id"]) == 10
    (record,) = found["plan"].records
    row = record.data
    assert row["changeset"] == "area/001_t.sql::1::a"
    assert row["why"] == "it has not run here"
    again = metadata(unit.run())
    assert (again["ran"], again["deployment_id"]) == (0, "nothing to do")


def test_a_deploy_from_the_command_line_leaves_a_run_nothing_to_do(unit: Unit) -> None:
    command = [Path(sys.executable).with_name("dp"), "schema", "deploy", "--changelog", str(unit.folder)]
    database = f"duckdb:///{unit.file}"
    subprocess.run([*command, "--search-path", str(unit.folder), "--database", database], check=True)
    assert metadata(unit.run())["ran"] == 0


def test_a_changeset_that_fails_is_told_in_one_line_with_its_place(unit: Unit) -> None:
    written(unit.folder, "--changeset a:2\nINSERT INTO nowhere VALUES (1);\n", "area/002_wrong.sql")
    result = unit.run()
    assert not result.success
    failure = result.failure_data_for_node(KEY.to_python_identifier())
    assert failure
    assert failure.user_failure_data
    description = failure.user_failure_data.description or ""
    assert f"{unit.folder}/area/002_wrong.sql:3: " in description
    assert "nowhere" in description
    assert "\n" not in description


def test_a_destructive_step_without_consent_is_refused_before_anything_runs(unit: Unit) -> None:
    unit.run()
    written(
        unit.folder,
        "--changeset a:2\nCREATE TABLE u (x INTEGER);\n--changeset a:3\nDROP TABLE t;\n--rollback empty\n",
        "area/002_drop.sql",
    )
    assert not unit.run().success
    with duckdb.connect(str(unit.file)) as connection:
        assert connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'u'").fetchone() == (0,)


def test_changesets_that_wait_are_a_warning(unit: Unit) -> None:
    unit.run()
    assert unit.checks()[PENDING].passed
    written(unit.folder, "--changeset a:2\nCREATE TABLE u (x INTEGER);\n", "area/002_u.sql")
    found = unit.checks()[PENDING]
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.WARN


def test_what_somebody_changed_by_hand_is_a_warning(unit: Unit) -> None:
    unit.run()
    assert unit.checks()[DRIFT].passed
    unit.execute("ALTER TABLE t ADD COLUMN y VARCHAR")
    found = unit.checks()[DRIFT]
    assert not found.passed
    assert "y" in str(found.metadata["differences"].value)
