"""Connecting to a DuckDB file: waiting for its lock, and one clear line when it cannot be opened."""

import random
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from data_platform.warehouse.errors import WarehouseError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BEGINNING_BYTES = 3 * 4096  # DuckDB's three headers
_MAKING_SECONDS = 2.0
LOCKED = "Could not set lock on file"
HOLDER = re.compile(r"held in (?P<program>.*?) \(PID (?P<pid>\d+)\)")


def connect(file: Path, *, read_only: bool, wait_seconds: float) -> "DuckDBPyConnection":
    """Connect to a DuckDB file; see `open_duckdb` for the arguments and errors."""
    import duckdb

    if not read_only:
        file.parent.mkdir(parents=True, exist_ok=True)
    elif not file.exists():
        raise WarehouseError(
            "the warehouse file does not exist",
            where=file,
            fix=f"run `dp unit build {file.stem}` first",
            anchor="warehouse-file",
        )
    deadline = time.monotonic() + wait_seconds
    pause = 0.01
    while True:
        try:
            return duckdb.connect(str(file), read_only=read_only)
        except duckdb.Error as error:
            if LOCKED not in str(error) and not _is_being_made(file):
                raise _unreadable(file, error) from error
            left = deadline - time.monotonic()
            if left <= 0:
                if LOCKED not in str(error):
                    raise _unreadable(file, error) from error
                raise _locked(file, wait_seconds, str(error)) from error
        # jitter: several that wait do not all come back at once
        time.sleep(min(pause * random.uniform(0.5, 1.0), left))  # noqa: S311 (no secret)
        pause = min(pause * 2, 1.0)


def _is_being_made(file: Path) -> bool:
    """Whether another process has just created the file and not written what it begins with."""
    try:
        found = file.stat()
    except OSError:
        return False
    return found.st_size < _BEGINNING_BYTES and time.time() - found.st_mtime < _MAKING_SECONDS


def cause(error: Exception) -> str:
    """DuckDB's message without the lines that quote the statement and suggest options."""
    lines = [line.strip() for line in str(error).split("\n\n")[0].splitlines()]
    return " ".join(line for line in lines if line) or type(error).__name__


def _locked(file: Path, waited: float, message: str) -> WarehouseError:
    holder = HOLDER.search(message)
    who = f"process {holder['pid']} ({_command(int(holder['pid'])) or holder['program']})" if holder else "a process"
    return WarehouseError(
        f"the warehouse file is still held by {who} after {waited:.0f} seconds",
        where=file,
        fix="wait for that process to end, or end it",
        anchor="warehouse-lock",
    )


def _unreadable(file: Path, error: Exception) -> WarehouseError:
    return WarehouseError(
        f"the warehouse file cannot be opened: {cause(error)}",
        where=file,
        fix=f"restore it, or move it away and run `dp unit build {file.stem}`: it is built anew from the sources",
        anchor="warehouse-file",
    )


def _command(pid: int) -> str | None:
    import psutil

    try:
        command = " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:  # it ended, or it is another machine's
        return None
    return command if len(command) <= 120 else command[:117] + "..."
