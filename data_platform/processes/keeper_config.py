"""The configuration of supervisord, which keeps the programs running. Pure."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from data_platform.errors import UsageError
from data_platform.processes.folders import Folders
from data_platform.processes.programs import Program

# An end within these seconds after the start counts as a failed start: it is tried again after 1, 2, 3… seconds
# (a database that is away for some minutes must not be the end of the platform).
START_SECONDS = 10
START_RETRIES = 20
# The keeper's own last resort when it is told to stop by somebody else than `dp`, which waits and tells.
STOP_SECONDS = 45
_LOG_BYTES = "5MB"


def keeper_config(folders: Folders, programs: Sequence[Program], directory: Path) -> str:
    """The text of supervisord.conf: a Unix socket for this user only, one group a program, nothing started by itself.

    Args:
        folders: where sockets and logs lie.
        programs: what to keep running.
        directory: working directory of every program.

    Raises:
        UsageError: a path cannot be written in such a file.
    """
    sections = [
        _section(
            "supervisord",
            nodaemon="true",
            silent="true",
            identifier="data-platform",
            directory=directory,
            logfile=folders.log("keeper"),
            logfile_maxbytes="1MB",
            logfile_backups="1",
            childlogdir=folders.logs,
            pidfile=folders.run / "keeper.pid",
        ),
        _section("unix_http_server", file=folders.keeper_socket, chmod="0700"),
        _section(
            "rpcinterface:supervisor",
            **{"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"},
        ),
        _section(
            "rpcinterface:restarts",
            **{"supervisor.rpcinterface_factory": "data_platform.processes.restarts:make_interface"},
        ),
    ]
    sections += [_program(folders, program, directory) for program in programs]
    return "\n".join(sections)


def _program(folders: Folders, program: Program, directory: Path) -> str:
    return _section(
        f"program:{program.name}",
        command=shlex.join(program.command),
        directory=directory,
        priority=int(program.stage),
        autostart="false",
        autorestart="true",
        startsecs=START_SECONDS,
        startretries=START_RETRIES,
        stopsignal=program.stop_signal,
        stopwaitsecs=STOP_SECONDS,
        # the stop signal is for the program alone: a code server lets the runs it executes finish
        stopasgroup="false",
        killasgroup="true",
        redirect_stderr="true",
        # supervisord expands this one setting twice
        stdout_logfile=str(folders.log(program.name)).replace("%", "%%"),
        stdout_logfile_maxbytes=_LOG_BYTES,
        stdout_logfile_backups="2",
    )


def _section(title: str, **settings: object) -> str:
    lines = [f"{name} = {_value(str(value))}" for name, value in settings.items()]
    return "\n".join([f"[{title}]", *lines, ""])


def _value(text: str) -> str:
    if re.search(r"\s[;#]|[\r\n]", text):
        raise UsageError(
            f"the path {text!r} cannot be used: a space is followed by ';' or '#'",
            fix="move the checkout, or set DATA_PLATFORM_STATE to another folder",
            anchor="state-folder",
        )
    return text.replace("%", "%%")
