"""`dp schema align`: what it prints, and its exit codes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from data_platform.cli.main import run
from tests.schema.aligning import Cluster

Align = Callable[..., tuple[int, str, str]]
TEXT = """
roles: [{name: "@reader_${environment}"}]
schemas: [{name: marts}]
views: [{name: marts.v, definition: select 1 as x}]
grants: [{view: marts.v, to: ["@reader_${environment}"], privileges: [select]}]
"""


@pytest.fixture
def align(cluster: Cluster, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Align:
    """Run the command on the cluster's files and database."""
    monkeypatch.setenv("DATA_PLATFORM_SCHEMA_DATABASE", cluster.url)
    monkeypatch.setenv("COLUMNS", "200")
    cluster.write(TEXT)

    def call(*arguments: str, files: bool = True) -> tuple[int, str, str]:
        capfd.readouterr()
        code = run(["schema", "align", *([str(cluster.folder)] if files else []), *arguments])
        return code, *capfd.readouterr()

    return call


def test_it_prints_the_plan_and_applies_it_on_demand(cluster: Cluster, align: Align):
    code, out, _ = align()
    assert code == 0
    assert [line.split()[:3] for line in out.splitlines() if "create" in line] == [
        ["create", "role", cluster.name("@reader_local")],
        ["create", "schema", "marts"],
        ["create", "view", "marts.v"],
    ]
    assert "4 steps for test_" in out
    assert not cluster.has_role(cluster.name("@reader_local"))
    assert align("--plan")[1] == out
    code, out, _ = align("--apply")
    assert (code, "4 steps applied to test_" in out) == (0, True)
    assert align("--apply") == (
        0,
        f"nothing to do: {cluster.value('SELECT current_database()')} is as the files say\n",
        "",
    )


def test_check_tells_drift_by_its_exit_code(align: Align):
    assert align("--check")[0] == 1
    align("--apply")
    assert align("--check")[0] == 0


def test_json_says_everything(cluster: Cluster, align: Align):
    align("--apply")
    cluster.run('GRANT INSERT ON marts.v TO "@reader_local"')
    code, out, _ = align("--json")
    told = json.loads(out)
    assert (code, told["needs"], told["applied"]) == (0, ["revoke"], False)
    (step,) = told["steps"]
    role = cluster.name("@reader_local")
    assert step["object"] == f"INSERT on table marts.v from {role}"
    assert step["sql"] == [f'REVOKE INSERT ON TABLE "marts"."v" FROM "{role}"']
    assert (step["safe"], step["consent"], step["moment"]) == (False, "revoke", "transaction")
    assert f"{cluster.folder / 'desired.yaml'}:5" in step["reason"]


def test_sql_is_what_can_be_run_by_hand(cluster: Cluster, align: Align):
    _, out, _ = align("--sql", "--environment", "prod")
    cluster.run(*(statement for statement in out.split(";\n") if statement))
    assert cluster.value("SELECT x FROM marts.v WHERE has_table_privilege('@reader_prod', 'marts.v', 'select')") == 1


def test_without_consent_nothing_is_applied_and_one_line_says_so(cluster: Cluster, align: Align):
    align("--apply")
    cluster.write(TEXT.replace("definition: select 1 as x", "deleted: true").partition("grants")[0])
    code, out, err = align("--apply")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "drop view marts.v -> look at the plan, then say --allow drop" in err
    code, out, _ = align()
    assert (code, "applying needs --allow drop" in out) == (0, True)
    assert align("--apply", "--allow", "drop")[0] == 0


def test_what_is_left_out_is_told_beside_the_plan(cluster: Cluster, align: Align):
    align("--apply")
    cluster.write("schemas: [{name: marts}]")
    code, out, err = align()
    assert (code, out.startswith("nothing to do")) == (0, True)
    assert "dp: view marts.v is managed and no longer in the files: it stays" in err


def test_a_plan_is_saved_looked_at_and_applied(cluster: Cluster, align: Align, tmp_path: Path):
    saved = tmp_path / "plan.json"
    assert align("--out", str(saved))[0] == 0
    assert cluster.url not in saved.read_text()
    code, out, _ = align("--apply", "--saved", str(saved), files=False)
    assert (code, "4 steps applied" in out) == (0, True)
    code, _, err = align("--apply", "--saved", str(saved), files=False)
    assert (code, "the database has changed since the plan was made" in err) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--apply", "--check"], "--plan, --apply and --check exclude each other"),
        (["--apply", "--allow", "everything"], "--allow everything is unknown -> allow drop or revoke"),
        (["--apply", "--out", "x"], "--out saves a plan that is not applied"),
        (["--saved", "x"], "--saved is for --apply"),
        (["--apply", "--saved", "x"], "a saved plan knows its files"),
        (["--property", "x"], "--property 'x' is not NAME=VALUE"),
        (["--environment", "moon"], "DATA_PLATFORM_ENVIRONMENT='moon' is not known"),
        (["--unit", "nobody"], "nobody"),
        (["--database", "mysql://x"], "none that is known"),
    ],
)
def test_wrong_use_is_told_in_a_line(align: Align, arguments: list[str], message: str):
    code, out, err = align(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_what_is_not_said_is_asked_for(align: Align, monkeypatch: pytest.MonkeyPatch):
    assert "it is not said what is desired" in align(files=False)[2]
    monkeypatch.delenv("DATA_PLATFORM_SCHEMA_DATABASE")
    assert "it is not said which database" in align()[2]


def test_a_database_that_cannot_be_reached_is_told_in_a_line(align: Align):
    code, _, err = align("--database", "postgresql://me:s3cret@127.0.0.1:1/none")
    assert (code, err.count("\n"), "s3cret" in err) == (1, 1, False)


def test_a_unit_has_its_own_files_and_database(align: Align, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DATA_PLATFORM_SCHEMA_DATABASE")
    monkeypatch.setenv("DATA_PLATFORM_ROOT", str(tmp_path))
    monkeypatch.setenv("DATA_PLATFORM_STATE", str(tmp_path / "var"))
    unit = tmp_path / "code_locations" / "shop"
    unit.mkdir(parents=True)
    (unit / "unit.yaml").write_text("name: shop\ntitle: Shop\nowners: [team:shop]\nregions: [nz]\n")
    code, _, err = align("--unit", "shop", files=False)
    assert (code, "code_locations/shop/alignment: the unit has no alignment folder" in err) == (2, True)
    (unit / "alignment").mkdir()
    (unit / "alignment" / "views.yaml").write_text(
        'schemas: [{name: "of_${unit}_${region}"}]\n'
        'views: [{name: "of_${unit}_${region}.v", definition: select 1 as x}]'
    )
    code, _, err = align("--unit", "shop", files=False)
    assert (code, "${region} has no value here -> give it: --region" in err) == (2, True)
    assert align("--unit", "shop", "--region", "nz", "--apply", files=False)[0] == 0
    assert align("--unit", "shop", "--region", "nz", "--check", files=False)[0] == 0
    assert (tmp_path / "var" / "warehouse" / "local" / "shop_nz.duckdb").exists()
    assert "is not in region 'uk'" in align("--unit", "shop", "--region", "uk", files=False)[2]
