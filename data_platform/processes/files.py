"""The files that keeper, webserver and daemon read."""

import os
from collections.abc import Sequence

from data_platform.environment import Environment
from data_platform.processes.folders import Folders
from data_platform.processes.keeper_config import keeper_config
from data_platform.processes.programs import Program
from data_platform.units.versions import ensure_served
from data_platform.units.workspace import GENERIC_LOCATION, workspace_of_servers


def write_files(environment: Environment, folders: Folders, programs: Sequence[Program]) -> None:
    """Write the keeper's configuration and the workspace, each in one step and for this user only.

    Each unit has a version to serve then.

    Raises:
        UsageError: a path cannot be written in the keeper's configuration.
    """
    for item in programs:
        if item.location and item.location != GENERIC_LOCATION:
            ensure_served(environment, item.location)
    sockets = {item.location: folders.code_server_socket(item.location) for item in programs if item.location}
    for path, content in (
        (folders.keeper_config, keeper_config(folders, programs, environment.root)),
        (folders.workspace, workspace_of_servers(sockets)),
    ):
        fresh = path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(content)
        fresh.replace(path)
