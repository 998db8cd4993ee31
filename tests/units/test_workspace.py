"""The workspace: generated from the cards, committed, and never stale."""

from pathlib import Path

import yaml

from data_platform.environment import Environment, current_environment
from data_platform.units.card import CARD_FILE
from data_platform.units.workspace import (
    location_modules,
    workspace_of_modules,
    workspace_of_servers,
    write_workspace,
)
from tests.dbt.projects import write_files


def platform(tmp_path: Path, *units: str) -> Environment:
    write_files(tmp_path, {f"code_locations/{unit}/{CARD_FILE}": f"name: {unit}\n" for unit in units})
    (tmp_path / "dagster_home").mkdir()
    return current_environment({}, tmp_path)


def test_the_committed_workspace_lists_exactly_the_units_that_have_a_card() -> None:
    environment = current_environment({})
    committed = (environment.dagster_home / "workspace.yaml").read_text(encoding="utf-8")
    assert committed == workspace_of_modules(location_modules(environment)), "run `dp unit sync` and commit the file"


def test_the_workspace_is_written_only_when_it_changed(tmp_path: Path) -> None:
    environment = platform(tmp_path, "sales")
    file = environment.dagster_home / "workspace.yaml"
    assert write_workspace(environment)
    made = file.stat().st_mtime_ns
    assert not write_workspace(environment)
    assert file.stat().st_mtime_ns == made
    write_files(tmp_path, {"code_locations/finance/unit.yaml": "name: finance\n"})
    assert write_workspace(environment)


def test_every_unit_has_its_place_also_one_whose_card_is_wrong(tmp_path: Path) -> None:
    environment = platform(tmp_path, "sales", "finance")
    write_files(tmp_path, {"code_locations/broken/unit.yaml": "name: [", "code_locations/no_unit/readme.md": ""})
    document = yaml.safe_load(workspace_of_modules(location_modules(environment)))
    names = [entry["python_module"]["location_name"] for entry in document["load_from"]]
    assert names == ["data_platform", "broken", "finance", "sales"]


def test_a_running_platform_s_workspace_names_the_sockets_of_its_code_servers() -> None:
    document = yaml.safe_load(workspace_of_servers({"sales": Path("/run/dp/unit-sales.sock")}))
    assert document == {"load_from": [{"grpc_server": {"socket": "/run/dp/unit-sales.sock", "location_name": "sales"}}]}
