"""`python -m data_platform.instance.serve FOLDER`: become the embedded PostgreSQL server of that folder.

The process takes the folder's lock, heals what a killed server left behind, changes to the user the server runs
as, and then is PostgreSQL: signals reach the server itself. The lock is inherited by every process of the server
and released by the kernel when the last one is gone, so a second start waits instead of touching live data.
"""

import fcntl
import os
import signal
import sys
from pathlib import Path

import psutil

from data_platform.errors import DataPlatformError
from data_platform.instance.cluster import program
from data_platform.instance.os_user import server_user

# One machine, small memory, a few dozen pooled connections. synchronous_commit and fsync keep their defaults: a
# committed event survives a power cut.
SETTINGS = {
    "max_connections": "150",
    "shared_buffers": "48MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "32MB",
    "effective_cache_size": "512MB",
    "jit": "off",  # compiling plans costs more than these queries take
    "io_method": "sync",  # no resident reader processes
    "huge_pages": "off",
    "max_worker_processes": "2",
    "max_parallel_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "autovacuum_max_workers": "1",
    # no replicas: less is written, and fewer processes run
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_wal_size": "512MB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "log_checkpoints": "off",
    "log_line_prefix": "%m ",
}


def server_arguments(folder: Path) -> list[str]:
    """Arguments of the server on `<folder>/data`; it listens on a socket in `folder`, or on `<folder>/port`."""
    port_file = folder / "port"
    if port_file.exists():
        address = {
            "listen_addresses": "127.0.0.1",
            "port": port_file.read_text().strip(),
            "unix_socket_directories": "",
        }
    else:
        socket_folder = folder / "socket"
        address = {"listen_addresses": "", "port": "5432", "unix_socket_directories": str(socket_folder)}
    settings = {**SETTINGS, **address, "unix_socket_permissions": "0700"}
    return [
        "-D",
        str(folder / "data"),
        *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
    ]


def serve(folder: Path) -> None:
    """Become the server; returns only by an error."""
    data = folder / "data"
    lock = os.open(folder / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.set_inheritable(lock, True)
    _forget_a_dead_server(data)
    become(data, [str(program("postgres", data)), *server_arguments(folder)])


def become(data: Path, command: list[str]) -> None:
    """Replace this process by `command`, run as the user who owns `data`."""
    binary = Path(command[0])
    os.chdir("/")
    os.umask(0o077)
    server_user(data).become((data, binary.resolve().parent))
    os.execv(binary, command)  # noqa: S606 - no shell on purpose


def _forget_a_dead_server(data: Path) -> None:
    """Remove the process file of a killed server whose number another process has by now.

    PostgreSQL heals the file itself when no process has the number; holding the lock proves that no server lives.
    """
    process_file = data / "postmaster.pid"
    try:
        number = int(process_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        process_file.unlink(missing_ok=True)
        return
    try:
        is_server = psutil.Process(number).name() == "postgres" and psutil.Process(number).cwd() == str(data)
    except psutil.Error:
        is_server = False
    if not is_server:
        process_file.unlink(missing_ok=True)


def main(arguments: list[str]) -> None:
    """`FOLDER` serves; `--run DATA COMMAND...` runs a program as the user who owns DATA."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # waiting for the lock ends quietly, too
    try:
        if arguments[0] == "--run":
            become(Path(arguments[1]), arguments[2:])
        else:
            serve(Path(arguments[0]))
    except DataPlatformError as error:
        sys.exit(f"ERROR: {error}")
    except OSError as error:
        sys.exit(f"ERROR: {error.filename or ''}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
