"""`dp unit new`: a unit that works at once, or nothing at all."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from data_platform.environment import Environment
from data_platform.errors import DataPlatformError, UsageError
from data_platform.units.code_location import unit_definitions
from data_platform.units.scaffold import new_unit, starter_card
from data_platform.units.unit import read_unit
from data_platform.units.workspace import location_modules, workspace_of_modules
from tests.dbt.projects import write_files
from tests.units.platforms import commit, run_git, traces

Repository = Callable[[Mapping[str, str]], str]


def test_a_starter_unit_loads_at_once_and_has_its_place_in_the_workspace(platform: Environment) -> None:
    made = new_unit(platform, "sales", title="Sales: EU & UK", owner="sales@example.org")
    assert made == [Path("code_locations/sales"), Path("dbt_projects/sales")]
    unit = read_unit(platform.code_locations / "sales", platform)
    assert (unit.card.title, unit.card.owners) == ("Sales: EU & UK", ["sales@example.org"])

    keys = {found.key.to_user_string() for found in unit_definitions(unit).resolve_all_asset_specs()}
    assert keys >= {"sales/seeds/example_visits", "sales/staging/stg_visits", "sales/marts/visits_by_day"}

    workspace = (platform.dagster_home / "workspace.yaml").read_text()
    assert "code_locations.sales.definitions" in workspace
    assert workspace == workspace_of_modules(location_modules(platform))


@given(title=st.text(min_size=1), owner=st.from_regex(r"team:[\w.\-]+", fullmatch=True))
@example(title="yes", owner="team:on")
@example(title="2024", owner="team:1")
@example(title="- 'a': #b", owner="a+b@example.org")
def test_any_title_is_kept_as_it_is(title: str, owner: str) -> None:
    card = yaml.safe_load(starter_card("sales", title=title, owner=owner))
    assert (card["name"], card["title"], card["owners"]) == ("sales", title, [owner])


@pytest.mark.parametrize("name", ["Sales", "1st", "with-dash", "class", "", "../sales", "raw", "platform"])
def test_a_name_that_cannot_be_one_is_refused_and_nothing_changes(platform: Environment, name: str) -> None:
    before = traces(platform.root)
    with pytest.raises(UsageError, match=r"lower-case identifier|reserved") as caught:
        new_unit(platform, name)
    assert "\n" not in str(caught.value)
    assert traces(platform.root) == before


@pytest.mark.parametrize("taken", ["code_locations/sales", "dbt_projects/sales"])
def test_a_name_that_is_taken_is_refused_and_nothing_changes(platform: Environment, taken: str) -> None:
    write_files(platform.root, {f"{taken}/mine.txt": "keep me"})
    before = traces(platform.root)
    with pytest.raises(UsageError, match=f"{taken} exists already -> choose another name"):
        new_unit(platform, "sales")
    assert traces(platform.root) == before


def test_a_wrong_owner_is_told_and_nothing_is_left_behind(platform: Environment) -> None:
    before = traces(platform.root)
    with pytest.raises(
        DataPlatformError, match=r"was not added: code_locations/sales/unit.yaml:6: owners.0: an owner is"
    ):
        new_unit(platform, "sales", owner="somebody")
    assert traces(platform.root) == before


def test_a_repository_that_cannot_be_cloned_leaves_nothing_behind(platform: Environment, tmp_path: Path) -> None:
    before = traces(platform.root)
    with pytest.raises(DataPlatformError) as caught:
        new_unit(platform, "sales", dbt_repo=f"file://{tmp_path}/nowhere.git")
    message = str(caught.value)
    assert message.startswith("the repository cannot be added: fatal: ")
    assert f"-> check the address file://{tmp_path}/nowhere.git" in message
    assert "\n" not in message
    assert traces(platform.root) == before


def test_a_repository_whose_project_does_not_parse_leaves_nothing_behind(
    platform: Environment, repository: Repository
) -> None:
    url = repository({"dbt_project.yml": "name: theirs\n", "models/a.sql": "\nselect * from {{ ref('b') }}"})
    before = traces(platform.root)
    with pytest.raises(DataPlatformError, match=r"was not added: dbt_projects/sales/models/a.sql:2: .* 'b'"):
        new_unit(platform, "sales", dbt_repo=url)
    assert traces(platform.root) == before
    assert not (platform.state / "dbt" / "local" / "sales").exists()


@pytest.mark.parametrize(
    ("files", "suffix", "message"),
    [
        ({"README.md": "nothing"}, "", r"there is no dbt_project.yml in \S+elsewhere.git -> check the address"),
        ({"a/dbt_project.yml": "name: a"}, "#b", r"there is no dbt_project.yml in the folder 'b' of"),
        (
            {"a/dbt_project.yml": "name: a", "b/dbt_project.yml": "name: b"},
            "",
            r"holds several dbt projects: a, b -> say which one: --dbt-repo '\S+#a'",
        ),
    ],
    ids=["none", "not there", "several"],
)
def test_a_repository_without_the_project_is_told_and_nothing_is_left_behind(
    platform: Environment, repository: Repository, files: dict[str, str], suffix: str, message: str
) -> None:
    url = repository(files)
    before = traces(platform.root)
    with pytest.raises(UsageError, match=message):
        new_unit(platform, "sales", dbt_repo=f"file://{url}{suffix}")
    assert traces(platform.root) == before


def test_another_submodule_is_left_alone_when_one_cannot_be_added(
    platform: Environment, repository: Repository, tmp_path: Path
) -> None:
    run_git(platform.root, "submodule", "add", repository({"a.txt": "a"}), "libraries/shared")
    commit(platform.root)
    before = traces(platform.root)
    with pytest.raises(DataPlatformError):
        new_unit(platform, "sales", dbt_repo=f"{tmp_path}/nowhere.git")
    assert traces(platform.root) == before
    assert run_git(platform.root, "submodule", "status").strip().endswith("libraries/shared (heads/main)")


def test_what_git_still_holds_of_that_name_is_not_touched(platform: Environment, repository: Repository) -> None:
    url = repository({"dbt_project.yml": "name: theirs\n"})
    write_files(platform.root, {".git/modules/dbt_projects/sales/HEAD": "an earlier history"})
    before = traces(platform.root)
    with pytest.raises(DataPlatformError, match="the history of an earlier submodule of that name is still there"):
        new_unit(platform, "sales", dbt_repo=url)
    assert traces(platform.root) == before


def test_a_folder_that_is_no_repository_is_told(platform: Environment, repository: Repository) -> None:
    url = repository({"dbt_project.yml": "name: theirs\n"})
    (platform.root / ".git").rename(platform.root / "not-git")
    with pytest.raises(DataPlatformError, match="no git repository, and a submodule needs one -> run `git init` there"):
        new_unit(platform, "sales", dbt_repo=url)
    assert not (platform.root / "dbt_projects").exists()


def test_an_interrupt_leaves_nothing_behind(platform: Environment, repository: Repository) -> None:
    url = repository({"dbt_project.yml": "name: theirs\n"})
    before = traces(platform.root)
    program = (
        "import sys; from data_platform.environment import current_environment\n"
        "from data_platform.units.scaffold import new_unit\n"
        "new_unit(current_environment(), 'sales', dbt_repo=sys.argv[1])"
    )
    process = subprocess.Popen([sys.executable, "-c", program, url], stderr=subprocess.PIPE, text=True)
    while not (platform.code_locations / "sales" / "unit.yaml").exists():
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in process.communicate(timeout=60)[1]
    assert traces(platform.root) == before
