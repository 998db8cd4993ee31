"""The commits of a deployment, as git or the image knows them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from data_platform.deployments.source import source_of, source_of_image
from data_platform.environment import current_environment
from data_platform.units.unit import Unit, find_units
from tests.end_to_end.checkout import make_checkout

COMMIT, OTHER = "a" * 40, "b" * 40
IDENTITY = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "protocol.file.allow=always")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose unit fleet has its dbt project in a submodule."""
    folder, project = make_checkout(tmp_path_factory.mktemp("checkout")), tmp_path_factory.mktemp("project")
    shutil.copytree(folder / "dbt_projects/fleet", project, dirs_exist_ok=True)
    git(project, "init", "--quiet", "--initial-branch=main")
    commit(project)
    git(folder, "rm", "-r", "--quiet", "dbt_projects/fleet")
    git(folder, *IDENTITY, "submodule", "--quiet", "add", str(project), "dbt_projects/fleet")
    commit(folder)
    return folder


def test_the_commits_of_the_repository_and_of_the_units_submodule_are_told(checkout: Path) -> None:
    source = source_of([unit_of(checkout, "fleet")])
    assert source.commit == git(checkout, "rev-parse", "HEAD")
    assert source.submodules == {"dbt_projects/fleet": git(checkout / "dbt_projects/fleet", "rev-parse", "HEAD")}
    assert not source.uncommitted
    assert not source_of([unit_of(checkout, "meteorology")]).submodules


def test_an_image_says_the_same_of_a_checkout_as_git_does(checkout: Path) -> None:
    fleet = unit_of(checkout, "fleet")
    variables = {
        "DATA_PLATFORM_COMMIT": git(checkout, "describe", "--always", "--dirty", "--abbrev=40", "--exclude", "*"),
        "DATA_PLATFORM_SUBMODULES": git(checkout, "submodule", "status"),
    }
    paths = [str(path.relative_to(checkout)) for path in (fleet.folder, fleet.project.folder)]
    assert source_of_image(variables, paths) == source_of([fleet])


@pytest.mark.parametrize(
    ("commit", "submodules", "uncommitted"),
    [
        (COMMIT, f" {OTHER} dbt_projects/fleet (v1)\n {OTHER} dbt_projects/other (v1)", False),
        (COMMIT, f" {OTHER} dbt_projects/fleet (v1); {OTHER} dbt_projects/other (v1);", False),
        (COMMIT, f" {OTHER} dbt_projects/fleet;-{OTHER} dbt_projects/other;", False),
        (f"{COMMIT}-dirty", f" {OTHER} dbt_projects/fleet (v1)", True),
        (COMMIT, f"+{OTHER} dbt_projects/fleet (heads/main)", True),
        (COMMIT, f"{OTHER} dbt_projects/fleet (v1)\n+{OTHER} dbt_projects/other (v1)", False),
    ],
)
def test_an_image_of_changed_files_is_told_from_one_of_a_commit(
    commit: str, submodules: str, uncommitted: bool
) -> None:
    variables = {"DATA_PLATFORM_COMMIT": commit, "DATA_PLATFORM_SUBMODULES": submodules}
    source = source_of_image(variables, ["code_locations/fleet", "dbt_projects/fleet"])
    assert source.commit == COMMIT
    assert source.uncommitted is uncommitted
    assert source.submodules == {"dbt_projects/fleet": OTHER}


@pytest.mark.parametrize("said", ["", "latest", "abc123"])
def test_an_image_that_names_no_commit_claims_none(said: str) -> None:
    assert source_of_image({"DATA_PLATFORM_COMMIT": said}, []).commit is None


def unit_of(checkout: Path, name: str) -> Unit:
    [unit] = find_units(current_environment({"DATA_PLATFORM_ROOT": str(checkout)}), [name])
    return unit


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, *IDENTITY, "commit", "--quiet", "--message=Moved")


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.rstrip("\n")
