"""The code locations of the running platform, and having one load the version that was switched to."""

from data_platform.deployments.errors import DeploymentError
from data_platform.units.graphql import Webserver
from data_platform.units.location import RefusedError, reload_location, served_version

_KNOWN = "{ workspaceOrError { ... on Workspace { locationEntries { name } } } }"


def known_locations(webserver: Webserver) -> set[str]:
    """The code locations of the running platform, whether they load or not.

    Raises:
        QueueError: the platform does not answer.
    """
    return {str(entry["name"]) for entry in webserver.ask(_KNOWN, {})["workspaceOrError"].get("locationEntries", [])}


def load_anew(webserver: Webserver, unit: str, version: str) -> None:
    """Have a unit's code server load what `current` names, and make sure that it serves this version then.

    Raises:
        DeploymentError: it does not load, or serves another version.
        QueueError: the platform does not answer.
    """
    try:
        reload_location(webserver, unit)
    except RefusedError as error:
        raise DeploymentError(
            f"{unit} does not load: {error}", fix=f"see `dp unit check {unit}`", anchor="deployments"
        ) from None
    if (found := served_version(webserver, unit)) != version:
        raise DeploymentError(
            f"{unit} serves version {found or '(none)'} instead of {version}",
            fix="its files were changed during the deployment: deploy again",
            anchor="deployments",
        )
