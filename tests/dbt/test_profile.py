"""The profile that the platform runs a project with."""

import json
from pathlib import Path

import pytest
import yaml

from data_platform.dbt import DbtError
from data_platform.dbt.profile import SNOWFLAKE_VARIABLES, dbt_flags, write_profile
from data_platform.environment import EnvironmentName
from tests.dbt.projects import write_project


def output(folder: Path, name: str = "shop", target: str = "local") -> dict[str, object]:
    return yaml.safe_load((folder / "profiles.yml").read_text())[name]["outputs"][target]


@pytest.mark.parametrize("environment", EnvironmentName)
def test_a_unit_has_its_own_duckdb_file_in_each_environment(tmp_path: Path, environment: str) -> None:
    project = write_project(tmp_path, "shop", {}, DATA_PLATFORM_ENVIRONMENT=environment)
    profile = output(write_profile(project), target=environment)
    assert profile["path"] == str(tmp_path / "var" / "warehouse" / environment / "shop.duckdb")
    assert profile["threads"] == 1


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ("profile: finance_team", "finance_team"),
        ("profile: \"{{ env_var('PROFILE') }}\"", "shop"),
        ("version: 1", "shop"),
        ("profile:", "shop"),
        ("profile: 7", "shop"),
    ],
)
def test_a_project_runs_with_whatever_profile_it_names_or_none(tmp_path: Path, setting: str, name: str) -> None:
    project = write_project(tmp_path, "shop", {"dbt_project.yml": f"name: theirs\n{setting}\n"})
    assert output(write_profile(project), name)["type"] == "duckdb"
    flags = dbt_flags(project)
    assert flags[flags.index("--profile") + 1] == name
    assert flags[flags.index("--target") + 1] == "local"


def test_the_profile_is_written_again_only_when_it_changes(tmp_path: Path) -> None:
    project = write_project(tmp_path, "shop", {})
    file = write_profile(project) / "profiles.yml"
    made = file.stat().st_mtime_ns
    write_profile(project)
    assert file.stat().st_mtime_ns == made


def test_snowflake_needs_its_variables_and_the_first_that_is_missing_is_named(tmp_path: Path) -> None:
    project = write_project(tmp_path, "shop", {}, DATA_PLATFORM_WAREHOUSE="snowflake")
    with pytest.raises(DbtError) as caught:
        write_profile(project, {"SNOWFLAKE_ACCOUNT": "acme", "SNOWFLAKE_USER": ""})
    message = str(caught.value)
    assert message.startswith(
        "dbt_projects/shop: the environment variable SNOWFLAKE_USER is not set, and the warehouse is snowflake -> set"
        " SNOWFLAKE_USER, SNOWFLAKE_ROLE, SNOWFLAKE_WAREHOUSE, SNOWFLAKE_DATABASE, or DATA_PLATFORM_WAREHOUSE=duckdb"
    )
    assert "\n" not in message
    assert not project.work.exists()


def test_secrets_are_left_in_the_environment(tmp_path: Path) -> None:
    project = write_project(tmp_path, "shop", {}, DATA_PLATFORM_WAREHOUSE="snowflake")
    variables = {name: f"value of {name}" for name in SNOWFLAKE_VARIABLES.values()}
    variables |= {"SNOWFLAKE_PRIVATE_KEY_PATH": "/keys/shop.p8", "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE": "hush"}
    folder = write_profile(project, variables)
    profile = output(folder)
    assert profile["type"] == "snowflake"
    assert profile["private_key_passphrase"] == "{{ env_var('SNOWFLAKE_PRIVATE_KEY_PASSPHRASE') }}"
    assert "hush" not in (folder / "profiles.yml").read_text()


def test_object_storage_elsewhere_is_opened_with_the_options_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_PLATFORM_STORAGE_OPTIONS", json.dumps({"anon": True}))
    project = write_project(tmp_path, "shop", {}, DATA_PLATFORM_STORAGE="s3://bucket/platform")
    assert output(write_profile(project))["filesystems"] == [{"fs": "s3", "anon": True}]
