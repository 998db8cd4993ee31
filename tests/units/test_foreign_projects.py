"""`dp unit new --dbt-repo`: projects that nobody prepared for this platform become working units by one command."""

import pytest

from data_platform.environment import Environment
from data_platform.units.scaffold import new_unit
from tests.units import foreign
from tests.units.platforms import build, commit, run_git
from tests.units.test_new_unit import Repository

# project, assets that are made, checks that pass, checks that warn
PROJECTS = {
    "shop_on_postgres": (foreign.SHOP_ON_POSTGRES, 3, 3, 0),
    "with_packages": (foreign.WITH_PACKAGES, 5, 4, 0),
    "bare": (foreign.BARE, 1, 0, 0),
    "mixed": (foreign.MIXED, 5, 0, 0),
    "sources": (foreign.SOURCES, 2, 1, 0),
    "no_models": (foreign.NO_MODELS, 0, 0, 0),
}
SELDOM = {"bare", "sources", "no_models"}


@pytest.mark.parametrize(
    "project", [pytest.param(name, marks=pytest.mark.slow if name in SELDOM else ()) for name in PROJECTS]
)
def test_a_foreign_project_works_by_one_command_and_stays_as_it_is(
    platform: Environment, repository: Repository, project: str
) -> None:
    files, assets, passed, warned = PROJECTS[project]
    made = new_unit(platform, "theirs", dbt_repo=repository(files))
    assert [str(folder) for folder in made] == ["code_locations/theirs", "dbt_projects/theirs"]

    result = build(platform, "theirs")
    assert result.success
    keys = {event.asset_key for event in result.get_asset_materialization_events()}
    assert len(keys) == assets
    verdicts = [check.passed for check in result.get_asset_check_evaluations()]
    assert (verdicts.count(True), verdicts.count(False)) == (passed, warned)

    folder = platform.root / "dbt_projects" / "theirs"
    assert run_git(folder, "status", "--porcelain", "--ignored") == ""
    commit(platform.root)
    assert run_git(platform.root, "status", "--porcelain") == ""
    assert run_git(platform.root, "submodule", "status").split()[1] == "dbt_projects/theirs"
