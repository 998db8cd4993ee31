"""PostgreSQL for one machine with nothing installed: the server comes from a wheel, the data lies under the state.

Only local access: over a Unix socket for the user who runs the platform (checked by the kernel), or, where the
folder's path is too long for a socket, over 127.0.0.1 with a generated password (never sent in the clear).
"""

import os
import signal
import socket
import sys
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from data_platform.instance.cluster import DATABASE, PORT, ROLE, create_cluster, program, write_access_rules
from data_platform.instance.errors import InstanceError
from data_platform.instance.locks import locked
from data_platform.instance.os_user import server_user

# the length of sun_path in a socket address, without its closing zero: 107 on Linux, 103 on macOS
_LONGEST_SOCKET_PATH = 107 if sys.platform.startswith("linux") else 103


@dataclass(frozen=True)
class EmbeddedPostgres:
    """The PostgreSQL server of one state folder.

    Attributes:
        state: folder for everything the platform writes; the server's files are in `<state>/postgres`.
    """

    # A process manager stops the server with this signal: SIGINT ends sessions at once and writes everything
    # (SIGTERM would wait until every pooled connection is closed).
    STOP_SIGNAL = signal.SIGINT

    state: Path

    @property
    def folder(self) -> Path:
        """Where the server's data, socket and locks are."""
        return self.state / "postgres"

    @property
    def url(self) -> str:
        """The database's address as `postgresql://`; valid after `prepare()`, whether or not the server runs."""
        port_file = self.folder / "port"
        if port_file.exists():
            password = quote((self.folder / "password").read_text(), safe="")
            return f"postgresql://{ROLE}:{password}@127.0.0.1:{port_file.read_text().strip()}/{DATABASE}"
        return f"postgresql://{ROLE}@/{DATABASE}?host={quote(str(self._socket_folder), safe='')}&port={PORT}"

    @property
    def _socket_folder(self) -> Path:
        return self.folder / "socket"

    def prepare(self) -> None:
        """Create the database once, and see to folders and access rules. Safe to repeat, also by two at once.

        Raises:
            InstanceError: a program is missing, or a folder cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with locked(self.folder / "prepare.lock"):
                create_cluster(self.folder)
                write_access_rules(self.folder)
                self._choose_address()
        except OSError as error:
            raise InstanceError(
                f"the database's folder cannot be used: {error.strerror or error}",
                where=error.filename or self.folder,
                fix="make the folder writable, or set DATA_PLATFORM_STATE to another one",
                anchor="embedded-postgresql",
            ) from error

    def _choose_address(self) -> None:
        port_file = self.folder / "port"
        if len(os.fsencode(self._socket_folder / f".s.PGSQL.{PORT}.lock")) <= _LONGEST_SOCKET_PATH:
            self._socket_folder.mkdir(mode=0o700, exist_ok=True)
            server_user(self.folder / "data").own(self._socket_folder)
            port_file.unlink(missing_ok=True)
        elif not port_file.exists() or not (self.is_ready() or _port_is_free(int(port_file.read_text()))):
            port_file.write_text(str(_free_port()))

    def command(self) -> list[str]:
        """The server in the foreground, for a process manager: it restarts cleanly after any kill, and stops on
        `STOP_SIGNAL`. A second one waits until the first is gone. Call `prepare()` before.
        """
        program("postgres", self.folder / "data")
        return [sys.executable, "-m", "data_platform.instance.serve", str(self.folder)]

    def is_ready(self) -> bool:
        """Whether the server answers queries now."""
        import psycopg2

        if not (self.folder / "data").exists():
            return False
        try:
            psycopg2.connect(self.url, connect_timeout=3).close()
        except psycopg2.OperationalError:
            return False
        return True

    def wait_until_ready(self, seconds: float = 60) -> None:
        """Wait for the server, which first repairs its files after a crash.

        Raises:
            InstanceError: it does not answer in time.
        """
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            if time.monotonic() > deadline:
                raise self.not_started(f"the database does not answer after {seconds:.0f} s")
            time.sleep(0.02)

    def running(self) -> AbstractContextManager[None]:
        """The database for a command, when the platform may be down: started if it is not running, stopped at the
        end by the last command that uses it, and left alone if something else started it.

        Raises:
            InstanceError: it cannot be prepared or started.
        """
        from data_platform.instance.on_demand import running

        return running(self)

    def stop_abandoned(self) -> None:
        """Stop a server that a command started and, being killed, did not stop; one that is in use is left alone."""
        from data_platform.instance.on_demand import stop_abandoned

        stop_abandoned(self)

    def not_started(self, what: str) -> InstanceError:
        """The error that says what its log says."""
        log = self.folder / "server.log"
        lines = log.read_text().strip().splitlines() if log.exists() else []
        said = next((line for line in reversed(lines) if "FATAL" in line or "ERROR" in line), "")
        return InstanceError(
            f"{what}{': ' if said else ''}{said}",
            where=log if log.exists() else self.folder,
            fix="read the log; `dp down` and `make up` start it anew",
            anchor="embedded-postgresql",
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
