"""Whether the webserver's port is free, and who has it if not."""

import errno
import socket
from pathlib import Path

import psutil

from data_platform.processes.errors import ProcessesError
from data_platform.processes.plan import MARK


def check_port(port: int) -> None:
    """Make sure that a server can listen on this port of 127.0.0.1.

    Raises:
        ProcessesError: it cannot; names the process that holds the port, where that can be known.
    """
    reason = _refusal(port)
    if reason is None:
        return
    if reason.errno == errno.EADDRINUSE:
        raise ProcessesError(
            f"port {port} is in use{_holder(port)}",
            fix=f"stop that, or choose another port: dp up --port {_next_free(port)}",
            anchor="port-in-use",
        )
    raise ProcessesError(
        f"port {port} cannot be used: {reason.strerror}",
        fix=f"choose another port: dp up --port {_next_free(3000)}",
        anchor="port-in-use",
    )


def _refusal(port: int) -> OSError | None:
    with socket.socket() as probe:
        # as servers do: connections that are still being closed do not count
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error
    return None


def _next_free(port: int) -> int:
    return next((other for other in range(port + 1, min(port + 100, 65536)) if _refusal(other) is None), 3000)


def _holder(port: int) -> str:
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.Error:
        return ""
    for connection in connections:
        listens = connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
        if listens and connection.pid:
            return f" by {_describe(connection.pid)}"
    return ""


def _describe(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        name = process.name()
        run_folder = process.environ().get(MARK)
    except psutil.Error:
        return f"PID {pid}"
    if run_folder:
        return f"the platform whose state is {Path(run_folder).parent} (PID {pid})"
    return f"{name} (PID {pid})"
