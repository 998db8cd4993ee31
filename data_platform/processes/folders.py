"""Where the files of a running platform lie."""

import hashlib
import os
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from data_platform.processes.errors import ProcessesError

# sun_path of a socket address without its closing zero; the keeper binds `<name>.<pid>` first
_LONGEST_SOCKET_PATH = 107 if sys.platform.startswith("linux") else 103
_LONGEST_SOCKET_NAME = len("unit-") + 40 + len(".sock")  # a unit's name has at most 40 letters
_PRIVATE = 0o700


@dataclass(frozen=True)
class Folders:
    """The files of one platform, all under its state folder and closed to other users.

    Attributes:
        state: folder for everything the platform writes on this machine.
    """

    state: Path

    @property
    def run(self) -> Path:
        """What exists only while the platform runs: configuration, sockets, records."""
        return self.state / "run"

    @property
    def logs(self) -> Path:
        """The output of every process, rotated."""
        return self.state / "logs"

    def log(self, program: str) -> Path:
        """The output of one program."""
        return self.logs / f"{program}.log"

    @property
    def lock(self) -> Path:
        """Held by the command that is starting or stopping the platform."""
        return self.run / "lock"

    @property
    def record(self) -> Path:
        """What was started, for `dp status`."""
        return self.run / "platform.json"

    @property
    def keeper_config(self) -> Path:
        """The process keeper's configuration."""
        return self.run / "supervisord.conf"

    @property
    def workspace(self) -> Path:
        """The workspace that webserver and daemon read: the sockets of the code servers."""
        return self.run / "workspace.yaml"

    @property
    def sockets(self) -> Path:
        """Folder of the Unix sockets: `run`, or a short folder of this user where that path is too long for one."""
        if len(os.fsencode(self.run)) + 1 + _LONGEST_SOCKET_NAME <= _LONGEST_SOCKET_PATH:
            return self.run
        digest = hashlib.sha256(os.fsencode(self.state)).hexdigest()[:12]
        base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
        short = base if len(os.fsencode(base)) < 30 else "/tmp"  # noqa: S108 (made private below)
        return Path(short) / f"data-platform-{os.getuid()}-{digest}"

    @property
    def keeper_socket(self) -> Path:
        """Where the process keeper answers."""
        return self.sockets / "keeper.sock"

    def code_server_socket(self, location: str) -> Path:
        """Where the code server of a location answers."""
        return self.sockets / f"unit-{location}.sock"

    @property
    def run_workers_socket(self) -> Path:
        """Where the program that starts runs answers."""
        return self.sockets / "run-workers.sock"

    def make(self) -> None:
        """Make the folders, private to this user.

        Raises:
            ProcessesError: a folder cannot be made or belongs to somebody else.
        """
        for folder in dict.fromkeys((self.run, self.logs, self.sockets)):
            try:
                folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
                found = folder.lstat()
                if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                    raise PermissionError(0, "it is not a folder of this user")
                folder.chmod(_PRIVATE)
            except OSError as error:
                raise ProcessesError(
                    f"the folder cannot be used: {error.strerror or error}",
                    where=folder,
                    fix="make it writable for this user, or set DATA_PLATFORM_STATE to another folder",
                    anchor="state-folder",
                ) from error
