"""`dp unit`: what it prints for people and for programs."""

import json

import pytest

from data_platform.environment import Environment
from tests.cli.conftest import Dp
from tests.dbt.projects import write_files


def test_the_units_are_listed_for_programs(platform: Environment, dp: Dp) -> None:
    done = dp("unit", "list", "--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) == [
        {
            "unit": "shop",
            "title": "The shop",
            "owners": ["team:shop", "shop@example.org"],
            "dbt_project": "dbt_projects/shop",
            "schedule": None,
            "regions": [],
        }
    ]


def test_the_units_are_listed_for_people(platform: Environment, dp: Dp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    out = dp("unit", "list").out
    assert "dbt project" in out
    assert "team:shop, shop@example.org" in out


def test_checking_tells_models_and_checks(platform: Environment, dp: Dp) -> None:
    done = dp("unit", "check", "--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) == [{"unit": "shop", "ok": True, "models": 1, "checks": 1, "problem": ""}]


def test_checking_says_for_people_whether_all_is_well(platform: Environment, dp: Dp) -> None:
    done = dp("unit", "check")
    assert (done.code, done.err) == (0, "")
    assert "yes" in done.out


def test_a_unit_is_removed(platform: Environment, dp: Dp) -> None:
    done = dp("unit", "remove", "shop")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("removed shop; its data stays")
    assert json.loads(dp("unit", "list", "--json").out) == []


def test_a_problem_is_a_line_of_its_own_for_people(platform: Environment, dp: Dp) -> None:
    write_files(platform.root, {"code_locations/shop/unit.yaml": "name: shop\ntitle: 7\nowners: [team:shop]\n"})
    done = dp("unit", "check")
    assert done.code == 1
    assert done.line.startswith("dp: code_locations/shop/unit.yaml:2: title: input should be a valid string, not 7")


@pytest.mark.parametrize("arguments", [(), ("unit",)], ids=["dp", "dp unit"])
def test_a_command_without_anything_prints_its_help_and_nothing_else(dp: Dp, arguments: tuple[str, ...]) -> None:
    done = dp(*arguments)
    assert done.code == 2
    assert "Usage: dp" in done.out
    assert done.err == ""


def test_syncing_writes_the_workspace_once(platform: Environment, dp: Dp) -> None:
    file = platform.dagster_home / "workspace.yaml"
    file.write_text("load_from: []\n")
    assert dp("unit", "sync").out == "dagster_home/workspace.yaml is up to date now\n"
    assert "code_locations.shop.definitions" in file.read_text()
    assert dp("unit", "sync").out == "dagster_home/workspace.yaml was up to date\n"


@pytest.mark.parametrize("command", ["list", "check", "prepare", "sync", "build", "new", "remove"])
def test_every_command_has_help_with_an_example(dp: Dp, command: str) -> None:
    done = dp("unit", command, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"dp unit {command}" in done.out
    assert "Example" in done.out


def test_a_platform_without_units_is_told_as_such(platform: Environment, dp: Dp) -> None:
    (platform.code_locations / "shop" / "unit.yaml").unlink()
    assert json.loads(dp("unit", "list", "--json").out) == []
    assert json.loads(dp("unit", "check", "--json").out) == []
    assert dp("unit", "check", "shop").line.startswith("dp: there is no unit 'shop' -> known units: none")


def test_one_wrong_unit_never_hides_the_others(platform: Environment, dp: Dp) -> None:
    write_files(platform.root, {"code_locations/broken/unit.yaml": "name: [\n"})
    done = dp("unit", "check", "--json")
    assert done.code == 1
    assert {row["unit"]: row["ok"] for row in json.loads(done.out)} == {"broken": False, "shop": True}
