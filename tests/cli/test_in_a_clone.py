"""`dp unit` on a clone of this repository, with nothing running: from nothing to a unit's data."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.cli.conftest import shell
from tests.end_to_end.checkout import make_checkout
from tests.units.platforms import commit, run_git


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository as it is here, in a repository of its own."""
    return make_checkout(tmp_path_factory.mktemp("clone"))


def test_a_new_unit_builds_and_passes_its_checks_at_once(clone: Path) -> None:
    made = shell(clone, "unit", "new", "sales", "--title", "Sales", "--owner", "sales@example.org")
    assert (made.code, made.err) == (0, "")
    assert made.out.startswith("made code_locations/sales\nmade dbt_projects/sales\n")
    changed = run_git(clone, "status", "--porcelain").splitlines()
    assert changed == [
        *(" M compose.yaml", " M dagster_home/workspace.yaml"),
        *("?? code_locations/sales/", "?? dbt_projects/sales/"),
    ]
    [hint] = [line for line in made.out.splitlines() if line.startswith("commit it: git add ")]
    run_git(clone, *hint.removeprefix("commit it: git ").split())
    assert not [line for line in run_git(clone, "status", "--porcelain").splitlines() if line[1] != " "], "all is added"
    commit(clone)

    listed = json.loads(shell(clone, "unit", "list", "--json").out)
    assert [row["unit"] for row in listed] == ["fleet", "meteorology", "operations", "sales"]
    assert listed[3]["owners"] == ["sales@example.org"]

    built = shell(clone, "unit", "build", "sales", "--json")
    assert built.code == 0, built.err
    summary = json.loads(built.out)
    (row,) = summary["units"]
    assert (row["unit"], row["status"], row["cause"]) == ("sales", "success", "")
    assert (row["assets"], row["checks_passed"], row["checks_warned"], row["checks_failed"]) == (4, 5, 0, 0)
    assert (
        summary["total"]["rows"] == row["rows"] == 7
    )  # three of the seed, two of the mart, and the same two published
    with duckdb.connect(str(clone / "var/warehouse/local/sales.duckdb"), read_only=True) as connection:
        assert connection.execute("select sum(visits) from marts.visits_by_day").fetchone() == (3,)
    plain = subprocess.run(
        [str(Path(sys.executable).parent / "dbt"), "build", "--quiet"],
        cwd=clone / "dbt_projects" / "sales",
        capture_output=True,
        text=True,
        check=False,
    )
    assert plain.returncode == 0, plain.stdout
    assert run_git(clone, "status", "--porcelain") == ""
