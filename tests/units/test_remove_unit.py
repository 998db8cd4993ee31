"""`dp unit remove`: without a trace, never against somebody who reads it, and never with work that would be lost."""

from pathlib import Path

import pytest

from data_platform.environment import Environment
from data_platform.errors import UsageError
from data_platform.units.git import add_submodule
from data_platform.units.removal import remove_unit
from tests.dbt.projects import write_files
from tests.units import foreign
from tests.units.platforms import commit, run_git, traces
from tests.units.test_new_unit import Repository

CARD = "name: {0}\ntitle: {0}\nowners: [team:{0}]\n"
READER = {
    "code_locations/reader/unit.yaml": CARD.format("reader"),
    "dbt_projects/reader/dbt_project.yml": "name: reader\n",
    "dbt_projects/reader/models/a.sql": "select * from {{ source('sales', 'visits') }}",
    "dbt_projects/reader/models/sources.yml": """\
sources: [{name: sales, config: {meta: {unit: sales}}, tables: [{name: visits}]}]
""",
}


def add_by_hand(environment: Environment, name: str) -> None:
    """A unit that needs no dbt to be made."""
    card, project = f"code_locations/{name}/unit.yaml", f"dbt_projects/{name}/dbt_project.yml"
    write_files(environment.root, {card: CARD.format(name), project: f"name: {name}\n"})
    commit(environment.root)


def add_submodule_by_hand(environment: Environment, name: str, url: str) -> Path:
    """The same, with its project as a submodule; returns the project's folder."""
    add_submodule(environment.root, url, f"dbt_projects/{name}")
    card = CARD.format(name) + f"dbt: {{project: dbt_projects/{name}/analytics/dbt}}\n"
    write_files(environment.root, {f"code_locations/{name}/unit.yaml": card})
    commit(environment.root)
    return environment.dbt_projects / name


def refusal(environment: Environment, name: str, *, force: bool = False) -> str:
    """What refuses the removal; nothing may have changed."""
    before = traces(environment.root)
    with pytest.raises(UsageError) as caught:
        remove_unit(environment, name, force=force)
    assert traces(environment.root) == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_submodule_is_removed_without_a_trace_and_can_be_added_again(
    platform: Environment, repository: Repository
) -> None:
    url = repository(foreign.BARE)
    before = traces(platform.root)
    add_submodule_by_hand(platform, "sales", url)
    data = write_files(platform.root, {"var/warehouse/local/sales.duckdb": "data"}) / "var/warehouse/local/sales.duckdb"
    remove_unit(platform, "sales")
    commit(platform.root)
    assert traces(platform.root) == before
    assert data.exists()
    project = add_submodule_by_hand(platform, "sales", url)
    assert (project / "analytics" / "dbt" / "models" / "one.sql").exists()


def test_a_unit_that_another_one_reads_is_kept_even_by_force(platform: Environment) -> None:
    add_by_hand(platform, "sales")
    write_files(platform.root, READER)
    commit(platform.root)
    wanted = "reader reads what sales publishes -> remove the dbt source 'sales' there first"
    assert wanted in refusal(platform, "sales")
    assert wanted in refusal(platform, "sales", force=True)


@pytest.mark.parametrize(
    ("broken", "place"),
    [
        pytest.param(
            {"dbt_projects/reader/models/a.sql": "\nselect {{ "},
            "dbt_projects/reader/models/a.sql:2: ",
            marks=pytest.mark.slow,
        ),
        ({"code_locations/reader/unit.yaml": "name: 7\n"}, "code_locations/reader/unit.yaml:1: "),
    ],
    ids=["project", "card"],
)
def test_a_unit_whose_readers_cannot_be_told_is_kept(platform: Environment, broken: dict[str, str], place: str) -> None:
    add_by_hand(platform, "sales")
    write_files(platform.root, {**READER, **broken})
    commit(platform.root)
    message = refusal(platform, "sales")
    assert message.startswith(f"{place}it cannot be told whether reader reads sales: ")
    assert "-> put reader right, or use --force" in message
    remove_unit(platform, "sales", force=True)
    assert not (platform.code_locations / "sales").exists()


@pytest.mark.parametrize("path", ["code_locations/sales/new.py", "dbt_projects/sales/dbt_project.yml"])
def test_work_that_is_not_committed_is_kept_unless_forced(platform: Environment, path: str) -> None:
    add_by_hand(platform, "sales")
    write_files(platform.root, {path: "name: sales # changed\n"})
    folder = "/".join(path.split("/")[:2])
    assert f"{folder} holds work that is not committed -> commit it, or use --force" in refusal(platform, "sales")
    remove_unit(platform, "sales", force=True)
    assert not (platform.root / folder).exists()


def test_work_in_a_submodule_that_was_never_pushed_is_kept(platform: Environment, repository: Repository) -> None:
    project = add_submodule_by_hand(platform, "sales", repository(foreign.BARE))
    write_files(project, {"new.md": "new"})
    assert "dbt_projects/sales holds work that is not committed" in refusal(platform, "sales")
    commit(project)
    commit(platform.root)  # now the platform knows the commit, and nobody else does
    assert "dbt_projects/sales holds work that was never pushed -> push it" in refusal(platform, "sales")
    run_git(project, "push", "-q", "origin", "HEAD:main")
    remove_unit(platform, "sales")
    assert not project.exists()


def test_other_submodules_stay(platform: Environment, repository: Repository) -> None:
    url = repository(foreign.BARE)
    add_submodule(platform.root, url, "dbt_projects/shared")
    add_submodule_by_hand(platform, "sales", url)
    remove_unit(platform, "sales")
    assert run_git(platform.root, "submodule", "status").split()[1] == "dbt_projects/shared"
    assert "sales" not in (platform.root / ".gitmodules").read_text()
    assert (platform.dbt_projects / "shared" / "README.md").exists()


def test_a_unit_that_does_not_exist_is_told(platform: Environment) -> None:
    assert "there is no unit 'nobody' -> see `dp unit list`" in refusal(platform, "nobody")


def test_a_unit_with_a_broken_card_can_be_removed(platform: Environment) -> None:
    add_by_hand(platform, "sales")
    write_files(platform.root, {"code_locations/sales/unit.yaml": "name: [\n"})
    commit(platform.root)
    remove_unit(platform, "sales")
    assert not (platform.code_locations / "sales").exists()
    assert "sales" not in (platform.dagster_home / "workspace.yaml").read_text()
