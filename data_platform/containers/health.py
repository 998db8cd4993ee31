"""`python -m data_platform.containers.health NAME`: whether this container does its work.

Says why not, and exits with 1. It is asked every few seconds in every container, so it loads next to nothing.
"""

import http.client
import os
import socket
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

WEBSERVER_PORT, CODE_SERVER_PORT = 3000, 4000
_SECONDS = 3.0
_HEARTBEAT_SECONDS = 120  # the daemon writes one every half a minute
_HERE = "127.0.0.1"
_HEARTBEAT = "SELECT coalesce(max(timestamp) > %s, false) FROM daemon_heartbeats"  # in UTC


def problem(name: str) -> str | None:
    """Why the process of this container does not do its work; None when it does.

    Args:
        name: of the container's service: `webserver`, `daemon`, or `unit-` and a code location.
    """
    try:
        if name == "webserver":
            return _webserver()
        if name == "daemon":
            return _daemon()
    except Exception as error:  # whatever it is, it is told, not traced
        return f"{type(error).__name__}: {error}"
    return None if accepts(_HERE, CODE_SERVER_PORT) else f"nothing answers on port {CODE_SERVER_PORT}"


def accepts(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        socket.create_connection((host, port), timeout=_SECONDS).close()
    except OSError:
        return False
    return True


def _webserver() -> str | None:
    with closing(http.client.HTTPConnection(_HERE, WEBSERVER_PORT, timeout=_SECONDS)) as connection:
        connection.request("GET", "/server_info")
        status = connection.getresponse().status
    return None if status == http.HTTPStatus.OK else f"it answers with {status}"


def _daemon() -> str | None:
    import psycopg2

    with closing(psycopg2.connect(os.environ["DATA_PLATFORM_POSTGRES_URL"], connect_timeout=3)) as connection:
        cursor = connection.cursor()
        # those of the container before this one do not count
        since = max(time.time() - _HEARTBEAT_SECONDS, _first_process_started())
        cursor.execute(_HEARTBEAT, [datetime.fromtimestamp(since, UTC).replace(tzinfo=None)])
        [(beats,)] = cursor.fetchall()
    return None if beats else f"no heartbeat for {time.time() - since:.0f} s"


def _first_process_started() -> float:
    """When this container's first process did, in seconds since 1970."""
    booted = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
    # the name in brackets may hold anything; the start is the 22nd field of all, in ticks since the machine's boot
    fields = Path("/proc/1/stat").read_text().rpartition(")")[2].split()
    return int(booted.split()[1]) + int(fields[19]) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(problem(sys.argv[1]))
