"""A platform whose webserver is not a process of this machine's keeper: in another container, or on another machine."""

import os
import re
from collections.abc import Mapping

from data_platform.errors import UsageError

WEBSERVER_VARIABLE = "DATA_PLATFORM_WEBSERVER"
_ADDRESS = re.compile(r"http://[^/@\s]+/?")


def webserver_elsewhere(variables: Mapping[str, str] | None = None) -> str | None:
    """The address that `DATA_PLATFORM_WEBSERVER` names, as in `http://webserver:3000`; None when it names none.

    Args:
        variables: defaults to `os.environ`.

    Raises:
        UsageError: it is no such address.
    """
    given = (os.environ if variables is None else variables).get(WEBSERVER_VARIABLE)
    if not given:
        return None
    if not _ADDRESS.fullmatch(given):
        raise UsageError(
            f"{WEBSERVER_VARIABLE}={given!r} is not the address of a webserver",
            fix="write it as http://host:3000, without a path",
            anchor="containers",
        )
    return given.rstrip("/")


def refuse_elsewhere(instead: str) -> None:
    """Refuse a command about this machine's processes while the platform is elsewhere.

    Args:
        instead: the command to give there, as in "`docker-compose stop`".

    Raises:
        UsageError: the platform is elsewhere.
    """
    address = webserver_elsewhere()
    if address:
        raise UsageError(
            f"the platform's processes are not this machine's: {WEBSERVER_VARIABLE} is {address}",
            fix=f"{instead}; or unset the variable for a platform of this machine",
            anchor="containers",
        )
