"""The code locations of the running platform, and having one load the version that was switched to."""

import threading
import time
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed

from data_platform.deployments.errors import DeploymentError
from data_platform.errors import DataPlatformError
from data_platform.instance.code_server.taking_over import NotTakenOverError, take_over
from data_platform.units.graphql import Webserver
from data_platform.units.location import code_server_address, served_version

_LOAD_SECONDS = 600.0
_PAUSE_SECONDS = 0.1
_AT_ONCE = 4  # each one that loads takes a processor, and memory beside what it serves

_KNOWN = "{ workspaceOrError { ... on Workspace { locationEntries { name } } } }"


def known_locations(webserver: Webserver) -> set[str]:
    """The code locations of the running platform, whether they load or not.

    Raises:
        QueueError: the platform does not answer.
    """
    return {str(entry["name"]) for entry in webserver.ask(_KNOWN, {})["workspaceOrError"].get("locationEntries", [])}


def load_all_anew(webserver: Webserver, versions: Mapping[str, str]) -> Generator[tuple[str, DataPlatformError | None]]:
    """Have units' code servers load what `current` names beside what they serve, and take over if it loads.

    Some load at once. When the generator is closed, those are given up that have not loaded yet.

    Args:
        versions: by unit.

    Yields:
        Each unit, as soon as the webserver has noticed its new version; or with the reason why it does not serve that.
    """
    given_up = threading.Event()
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="load") as pool:
        loads = {pool.submit(load_anew, webserver, *item, given_up): item[0] for item in versions.items()}
        try:
            for load in as_completed(loads):
                try:
                    load.result()
                except DataPlatformError as error:
                    yield loads[load], error
                else:
                    yield loads[load], None
        finally:
            given_up.set()
            pool.shutdown(wait=False, cancel_futures=True)


def load_anew(webserver: Webserver, unit: str, version: str, given_up: threading.Event | None = None) -> None:
    """Have one unit's code server load what `current` names. Returns when the webserver has noticed.

    Args:
        given_up: set by another thread that no longer waits for this.

    Raises:
        DeploymentError: it does not load, so the code server serves what it served; or it serves another version.
        QueueError: the platform does not answer.
    """
    given_up = given_up or threading.Event()
    address = code_server_address(webserver, unit)
    if address is None:
        raise DeploymentError(f"{unit} has no code server", fix="see `dp status`", anchor="deployments")
    try:
        take_over(address, patience=webserver.patience, seconds=_LOAD_SECONDS, given_up=given_up)
    except NotTakenOverError as error:
        raise DeploymentError(
            f"{unit} does not load: {error}", fix=f"see `dp unit check {unit}`", anchor="deployments"
        ) from None
    deadline = time.monotonic() + webserver.patience
    # the webserver asks each second whether a code server has other code
    while (found := served_version(webserver, unit)) != version:
        if time.monotonic() > deadline or given_up.is_set():
            raise DeploymentError(
                f"{unit} serves version {found or '(none)'} instead of {version}",
                fix="its files were changed during the deployment: deploy again",
                anchor="deployments",
            )
        time.sleep(_PAUSE_SECONDS)
