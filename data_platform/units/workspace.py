"""The workspace: which code locations there are, generated from the unit cards."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from data_platform.environment import Environment
from data_platform.units.card import unit_folders

GENERIC_LOCATION = "data_platform"
_HEADER = "# Generated from the unit cards by `dp unit sync`. Do not edit: change the cards.\n"


def location_modules(environment: Environment) -> dict[str, str]:
    """Name and Python module of every code location, the generic one first.

    A unit whose card is wrong keeps its place: its code server tells what is wrong, and the others go on.
    """
    units = [folder.name for folder in unit_folders(environment.code_locations)]
    return {GENERIC_LOCATION: "data_platform.definitions"} | {
        unit: f"code_locations.{unit}.definitions" for unit in units
    }


def workspace_of_modules(modules: Mapping[str, str]) -> str:
    """`workspace.yaml` that loads every location in a process of Dagster's own: for validation and development."""
    entries = [{"python_module": {"module_name": module, "location_name": name}} for name, module in modules.items()]
    return _render(entries)


def workspace_of_servers(sockets: Mapping[str, Path]) -> str:
    """`workspace.yaml` that names running code servers by their Unix sockets."""
    entries = [{"grpc_server": {"socket": str(path), "location_name": name}} for name, path in sockets.items()]
    return _render(entries)


def workspace_of_hosts(hosts: Mapping[str, str], port: int) -> str:
    """`workspace.yaml` that names running code servers by their hosts: for containers.

    Args:
        hosts: host by code location.
        port: of each.
    """
    entries = [{"grpc_server": {"host": host, "port": port, "location_name": name}} for name, host in hosts.items()]
    return _render(entries)


def write_workspace(environment: Environment) -> bool:
    """Bring `dagster_home/workspace.yaml` up to date; true if it had to change."""
    path = environment.dagster_home / "workspace.yaml"
    content = workspace_of_modules(location_modules(environment))
    if path.exists() and path.read_text(encoding="utf-8") == content:
        return False
    path.write_text(content, encoding="utf-8")
    return True


def _render(entries: Sequence[Mapping[str, object]]) -> str:
    return _HEADER + yaml.safe_dump({"load_from": list(entries)}, sort_keys=False)
