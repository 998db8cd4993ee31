"""compose.yaml: in step with the units, without secrets, and of processes that there are."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_platform.containers.health import CODE_SERVER_PORT
from data_platform.containers.programs import command_of
from data_platform.environment import Environment, current_environment
from data_platform.errors import UsageError
from data_platform.processes import running_address
from data_platform.units.compose import with_code_servers, write_compose
from data_platform.units.workspace import location_modules, workspace_of_hosts

HERE = current_environment({})
TEXT = (HERE.root / "compose.yaml").read_text(encoding="utf-8")


def services(text: str = TEXT) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text)["services"]
    return found


def test_the_committed_file_has_a_code_server_for_every_unit() -> None:
    assert with_code_servers(TEXT, location_modules(HERE)) == TEXT, "run `dp unit sync` and commit the file"
    servers = {name.removeprefix("unit-") for name in services() if name.startswith("unit-")}
    assert servers == set(location_modules(HERE))


def test_units_that_come_and_go_change_their_services_only() -> None:
    changed = services(with_code_servers(TEXT, ["data_platform", "sales"]) or "")
    kept = {name: service for name, service in services().items() if not name.startswith("unit-")}
    assert {name: service for name, service in changed.items() if not name.startswith("unit-")} == kept
    assert set(changed) - set(kept) == {"unit-data_platform", "unit-sales"}
    assert changed["unit-sales"]["command"] == ["dp", "container", "run", "unit-sales"]


def test_the_file_is_written_only_when_it_changed(tmp_path: Path) -> None:
    environment = current_environment({}, tmp_path)
    (tmp_path / "compose.yaml").write_text(TEXT)
    assert write_compose(environment)
    assert [name for name in services((tmp_path / "compose.yaml").read_text()) if name.startswith("unit-")] == [
        "unit-data_platform"
    ]
    assert write_compose(environment) is False


def test_a_repository_may_do_without_it_and_one_that_was_rewritten_is_not_overwritten(tmp_path: Path) -> None:
    environment = current_environment({}, tmp_path)
    assert write_compose(environment) is None
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    assert write_compose(environment) is None
    assert (tmp_path / "compose.yaml").read_text() == "services: {}\n"


def test_every_container_is_a_process_of_the_platform(tmp_path: Path) -> None:
    for name, service in services().items():
        if name not in {"postgres", "platform"}:
            assert service["command"] == ["dp", "container", "run", name]
            assert service["healthcheck"]["test"][-1] == name
            assert command_of(name, HERE, location_modules(HERE), tmp_path / "workspace.yaml")


def test_a_unit_is_served_from_the_link_that_a_deployment_moves(tmp_path: Path) -> None:
    environment = Environment(HERE.name, HERE.root, tmp_path, HERE.storage, HERE.warehouse)
    command = command_of("unit-fleet", environment, location_modules(HERE), tmp_path)
    assert command[command.index("--working-directory") + 1] == str(tmp_path / "versions" / "fleet" / "current")
    workspace = yaml.safe_load(workspace_of_hosts({"fleet": "unit-fleet"}, CODE_SERVER_PORT))
    server = {"host": "unit-fleet", "port": CODE_SERVER_PORT, "location_name": "fleet"}
    assert workspace == {"load_from": [{"grpc_server": server}]}
    assert command[-1] == str(CODE_SERVER_PORT)


@pytest.mark.parametrize("name", ["fleet", "unit-nothing", "unit-", "postgres"])
def test_a_container_that_there_is_not_is_refused_with_those_that_there_are(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unit-fleet"):
        command_of(name, HERE, location_modules(HERE), tmp_path)


def test_no_secret_stands_in_the_file_and_one_that_is_missing_is_an_error() -> None:
    secrets = re.findall(r"^ *\w*PASSWORD\w*: (.*)$", TEXT, flags=re.MULTILINE)
    assert len(secrets) == 2
    assert all(value.startswith("${DATA_PLATFORM_POSTGRES_PASSWORD:?") for value in secrets)
    for service in services().values():
        assert ":platform@" not in str(service.get("environment"))


def test_every_container_may_do_little_and_only_this_machine_reaches_one() -> None:
    for name, service in services().items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    assert [name for name, service in services().items() if "ports" in service] == ["webserver"]
    assert all(port.startswith("127.0.0.1:") for port in services()["webserver"]["ports"])


def test_commands_find_the_platform_at_the_address_that_they_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = current_environment({"DATA_PLATFORM_STATE": str(tmp_path)})
    monkeypatch.delenv("DATA_PLATFORM_WEBSERVER", raising=False)
    assert running_address(environment) is None
    monkeypatch.setenv("DATA_PLATFORM_WEBSERVER", "http://webserver:3000/")
    assert running_address(environment) == "http://webserver:3000"


@pytest.mark.parametrize(
    "address", ["webserver:3000", "https://webserver", "http://", "http://host/path", "http://a@b"]
)
def test_an_address_that_is_none_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_WEBSERVER", address)
    with pytest.raises(UsageError, match="is not the address of a webserver"):
        running_address(HERE)
