"""XML-RPC over a Unix socket."""

import http.client
import socket
import xmlrpc.client
from pathlib import Path
from typing import Any

_SECONDS = 10.0


class UnixTransport(xmlrpc.client.Transport):
    """Carries calls to whoever listens at a socket; a new connection each, for it may be another one by now.

    A call that is not answered within 10 seconds raises OSError.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = str(path)

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        """A connection for one call; `host` says nothing."""
        return _UnixConnection(self._path)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(self._path)
