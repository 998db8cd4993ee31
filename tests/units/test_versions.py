"""Versions of a unit's code on disk, and the link that names the one that is served."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from data_platform.environment import Environment, EnvironmentName, current_environment
from data_platform.errors import UsageError
from data_platform.units.unit import Unit, read_unit
from data_platform.units.versions import UnitVersions, ensure_served

HERE = current_environment().root


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """A repository with one unit, fleet."""
    root = tmp_path / "repository"
    for folder in ("code_locations/fleet", "dbt_projects/fleet"):
        shutil.copytree(HERE / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", "target", "logs"))
    return current_environment({}, root)


@pytest.fixture
def versions(environment: Environment) -> UnitVersions:
    return UnitVersions(environment, "fleet")


def on_disk(environment: Environment) -> Unit:
    return read_unit(environment.code_locations / "fleet", environment)


def edit(environment: Environment, text: str) -> None:
    (environment.dbt_projects / "fleet/models/new.sql").write_text(text)


def test_a_version_that_is_kept_stays_as_it_was_when_the_checkout_is_edited(
    environment: Environment, versions: UnitVersions
) -> None:
    edit(environment, "select 1 as one")
    kept = versions.keep(on_disk(environment))
    version = on_disk(environment).version()
    assert kept.root == versions.folder / version
    edit(environment, "select 2 as two")
    assert kept.version() == version != on_disk(environment).version()
    found = versions.find(version)
    assert found
    assert (found.project.folder / "models/new.sql").read_text() == "select 1 as one"
    assert found.project.work.is_relative_to(kept.root), "what dbt makes of it is of this version"
    assert str(found.project.shown) == "dbt_projects/fleet", "errors name files as they are in the repository"


def test_keeping_the_same_files_twice_is_one_version(environment: Environment, versions: UnitVersions) -> None:
    first, second = versions.keep(on_disk(environment)), versions.keep(on_disk(environment))
    assert first == second
    assert [path.name for path in versions.folder.iterdir()] == [first.root.name]


def test_what_dbt_python_and_git_write_is_not_kept(environment: Environment, versions: UnitVersions) -> None:
    project = environment.dbt_projects / "fleet"
    for written in ("target/manifest.json", "logs/dbt.log", ".git/HEAD", "models/__pycache__/m.pyc", "data.duckdb"):
        (project / written).parent.mkdir(exist_ok=True)
        (project / written).write_text("x")
    kept = versions.keep(on_disk(environment)).project.folder
    names = {str(path.relative_to(kept)) for path in kept.rglob("*")}
    assert not names & {"target", "logs", ".git", "models/__pycache__", "data.duckdb"}
    assert "dbt_project.yml" in names


def test_the_link_names_the_checkout_until_a_version_is_served_and_follows_it_back(
    environment: Environment, versions: UnitVersions
) -> None:
    ensure_served(environment, "fleet")
    assert versions.current.resolve() == environment.root
    assert (versions.pinned, versions.served().folder) == (None, environment.code_locations / "fleet")

    kept = versions.keep(on_disk(environment))
    versions.serve(kept.root.name)
    ensure_served(environment, "fleet")  # a restart changes nothing
    assert versions.current.resolve() == kept.root
    assert (versions.pinned, versions.served()) == (kept.root.name, kept)
    assert os.readlink(versions.current) == kept.root.name, "the state folder may be moved"

    versions.serve(None)
    assert versions.pinned is None


@pytest.mark.parametrize("name", [EnvironmentName.DEV, EnvironmentName.PROD])
def test_where_the_checkout_is_not_served_the_first_start_serves_a_copy_of_it(
    environment: Environment, name: EnvironmentName
) -> None:
    environment = replace(environment, name=name)
    ensure_served(environment, "fleet")
    version = on_disk(environment).version()
    edit(environment, "select 3 as three")
    ensure_served(environment, "fleet")
    assert UnitVersions(environment, "fleet").pinned == version


def test_a_unit_that_cannot_be_read_is_served_from_the_checkout_for_its_code_server_to_tell(
    environment: Environment, versions: UnitVersions
) -> None:
    (environment.code_locations / "fleet/unit.yaml").write_text("name: [")
    ensure_served(environment, "fleet")
    assert versions.current.resolve() == environment.root


def test_old_versions_go_but_not_the_one_served_nor_what_is_needed(
    environment: Environment, versions: UnitVersions
) -> None:
    kept = []
    for number in range(9):
        edit(environment, f"select {number} as n")
        kept.append(versions.keep(on_disk(environment)).root)
        os.utime(kept[-1], (number, number))
    versions.serve(kept[0].name)
    versions.prune(kept[1].name)
    assert {path for path in kept if path.exists()} == {*kept[:2], *kept[-5:]}


def test_the_version_that_is_served_is_not_one_of_those_kept_besides(
    environment: Environment, versions: UnitVersions
) -> None:
    kept = []
    for number in range(8):
        edit(environment, f"select {number} as n")
        kept.append(versions.keep(on_disk(environment)).root)
        os.utime(kept[-1], (number, number))
    versions.serve(kept[-1].name)
    versions.prune()
    assert {path for path in kept if path.exists()} == {*kept[-6:]}
    assert versions.pinned == kept[-1].name


def test_a_dbt_project_outside_the_repository_cannot_be_kept(environment: Environment, versions: UnitVersions) -> None:
    shutil.copytree(environment.dbt_projects / "fleet", environment.root.parent / "elsewhere")
    with (environment.code_locations / "fleet/unit.yaml").open("a") as card:
        card.write("dbt:\n  project: ../elsewhere\n")
    with pytest.raises(UsageError, match="lies outside the repository"):
        versions.keep(on_disk(environment))
    assert not any(versions.folder.glob("*")) if versions.folder.exists() else True
