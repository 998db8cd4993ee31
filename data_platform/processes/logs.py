"""Reading the logs of the platform's programs."""

import re
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from data_platform.environment import Environment
from data_platform.errors import UsageError
from data_platform.processes.folders import Folders
from data_platform.processes.plan import code_server_name

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_POLL_SECONDS = 0.3


def read_logs(
    environment: Environment, name: str | None, *, lines: int, follow: bool = False, colours: bool = False
) -> Iterator[str]:
    """The last lines of logs, each after the program's name.

    Args:
        environment: whose platform.
        name: of a program or of a unit; None means all programs.
        lines: how many of each.
        follow: go on with new lines, for ever.
        colours: leave colours in.

    Raises:
        UsageError: there is no such log.
    """
    paths = _paths(Folders(environment.state), name)
    files: dict[Path, IO[str]] = {path: path.open(encoding="utf-8", errors="replace") for path in paths}

    def shown(path: Path, line: str) -> str:
        return f"{path.stem:<20} {line.rstrip() if colours else _COLOURS.sub('', line.rstrip())}"

    for path, file in files.items():
        for line in deque(file, maxlen=lines):
            yield shown(path, line)
    while follow:
        for path, file in files.items():
            for line in file:
                yield shown(path, line)
            files[path] = _reopened(path, file)
        time.sleep(_POLL_SECONDS)


def _reopened(path: Path, file: IO[str]) -> IO[str]:
    """The file, or the one that took its place when it was rotated."""
    try:
        if path.stat().st_size < file.tell():
            file.close()
            return path.open(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        pass
    return file


def _paths(folders: Folders, name: str | None) -> list[Path]:
    known = {path.stem: path for path in sorted(folders.logs.glob("*.log"))}
    if name is None:
        return list(known.values())
    for candidate in (name, code_server_name(name)):
        if candidate in known:
            return [known[candidate]]
    raise UsageError(f"there is no log of {name!r}", fix=f"known: {', '.join(known) or 'none yet'}", anchor="processes")
