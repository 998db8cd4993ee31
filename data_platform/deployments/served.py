"""The code locations of the running platform, and having one load the version that was switched to."""

import time

from data_platform.deployments.errors import DeploymentError
from data_platform.instance.code_server.taking_over import NotTakenOverError, take_over
from data_platform.units.graphql import Webserver
from data_platform.units.location import code_server_address, served_version

_LOAD_SECONDS = 600.0
_PAUSE_SECONDS = 0.1

_KNOWN = "{ workspaceOrError { ... on Workspace { locationEntries { name } } } }"


def known_locations(webserver: Webserver) -> set[str]:
    """The code locations of the running platform, whether they load or not.

    Raises:
        QueueError: the platform does not answer.
    """
    return {str(entry["name"]) for entry in webserver.ask(_KNOWN, {})["workspaceOrError"].get("locationEntries", [])}


def load_anew(webserver: Webserver, unit: str, version: str) -> None:
    """Have a unit's code server load what `current` names beside what it serves, and take over if it loads.

    Returns when the webserver has noticed.

    Raises:
        DeploymentError: it does not load, so the code server serves what it served; or it serves another version.
        QueueError: the platform does not answer.
    """
    address = code_server_address(webserver, unit)
    if address is None:
        raise DeploymentError(f"{unit} has no code server", fix="see `dp status`", anchor="deployments")
    try:
        take_over(address, patience=webserver.patience, seconds=_LOAD_SECONDS)
    except NotTakenOverError as error:
        raise DeploymentError(
            f"{unit} does not load: {error}", fix=f"see `dp unit check {unit}`", anchor="deployments"
        ) from None
    deadline = time.monotonic() + webserver.patience
    # the webserver asks each second whether a code server has other code
    while (found := served_version(webserver, unit)) != version:
        if time.monotonic() > deadline:
            raise DeploymentError(
                f"{unit} serves version {found or '(none)'} instead of {version}",
                fix="its files were changed during the deployment: deploy again",
                anchor="deployments",
            )
        time.sleep(_PAUSE_SECONDS)
