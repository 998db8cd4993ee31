"""Whether a program does its work: cheap questions, without starting a process."""

import http.client
import socket
from pathlib import Path

_SECONDS = 2.0


def accepts(path: Path) -> bool:
    """Whether something accepts connections on this Unix socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(_SECONDS)
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def answers(port: int, path: str) -> bool:
    """Whether a web server on this machine answers a request with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
