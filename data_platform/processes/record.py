"""What was started, written down for the other commands."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from data_platform.processes.folders import Folders
from data_platform.processes.programs import Program, Stage


@dataclass(frozen=True)
class RecordedProgram:
    """What must be known of a program to stop it and to tell of it; see `Program`."""

    name: str
    stage: Stage
    stop_signal: str
    finishes_work: bool
    location: str | None


@dataclass(frozen=True)
class Record:
    """The platform that was started last.

    Attributes:
        port: of the webserver.
        embedded: whether the database is the embedded PostgreSQL.
        database: where the database is, without user and password.
        programs: everything the keeper keeps running.
        started: when, in seconds since 1970.
    """

    port: int
    embedded: bool
    database: str
    programs: tuple[RecordedProgram, ...]
    started: float

    @property
    def address(self) -> str:
        """Where the user interface is."""
        return f"http://127.0.0.1:{self.port}"

    def write(self, folders: Folders) -> None:
        """Write it down in one step, readable for this user only."""
        fresh = folders.record.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(self), file)
        fresh.replace(folders.record)


def read_record(folders: Folders) -> Record | None:
    """What was started last, or None; a damaged record counts as none."""
    try:
        content = json.loads(folders.record.read_text())
        programs = [RecordedProgram(**{**item, "stage": Stage(item["stage"])}) for item in content.pop("programs")]
        return Record(programs=tuple(programs), **content)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def recorded(programs: Sequence[Program]) -> tuple[RecordedProgram, ...]:
    """What the record keeps of programs."""
    return tuple(
        RecordedProgram(item.name, item.stage, item.stop_signal, item.finishes_work, item.location) for item in programs
    )
