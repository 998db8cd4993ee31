"""What runs, what does not, and why."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data_platform.environment import Environment
from data_platform.processes.database import database_problem, uses_embedded
from data_platform.processes.errors import ProcessesError
from data_platform.processes.folders import Folders
from data_platform.processes.keeper import Keeper, Kept, running_keeper
from data_platform.processes.memory import memory_of
from data_platform.processes.ours import OurProcess, our_processes
from data_platform.processes.record import Record, RecordedProgram, read_record
from data_platform.processes.webserver import Location, code_locations

_STATES = {"RUNNING": "running", "STARTING": "running", "BACKOFF": "restarting", "EXITED": "restarting"}
_STATES |= {"FATAL": "failed", "STOPPING": "stopping", "STOPPED": "stopped", "UNKNOWN": "unknown"}


@dataclass(frozen=True)
class ProcessStatus:
    """A program and the processes it consists of.

    Attributes:
        name: of the program; the keeper is one too.
        state: `running`, `restarting` (it ended and is about to be started again), `stopping`, `stopped`, `failed`
            (given up after many attempts), `gone` (its keeper was killed).
        pid: of its first process.
        uptime: of that process, in seconds.
        memory: proportional set size of all its processes, in bytes (resident size where the system has no such).
        restarts: how often it ended by itself since the platform was started.
        last_end: how long ago that was last, in seconds.
    """

    name: str
    state: str
    pid: int | None = None
    uptime: float | None = None
    memory: int | None = None
    restarts: int = 0
    last_end: float | None = None


@dataclass(frozen=True)
class PlatformStatus:
    """The platform as it is now.

    Attributes:
        running: whether its keeper runs.
        address: of the user interface, if it was started.
        database: where the database is.
        database_problem: why it does not answer, or None.
        processes: the keeper and its programs.
        locations: the code locations.
        problem: what is wrong with the platform as a whole, with what to do.
    """

    running: bool
    address: str | None = None
    database: str | None = None
    database_problem: str | None = None
    processes: Sequence[ProcessStatus] = ()
    locations: Sequence[Location] = ()
    problem: str | None = None

    @property
    def healthy(self) -> bool:
        """Whether everything runs and every code location is loaded."""
        return (
            self.running
            and not (self.problem or self.database_problem)
            and all(process.state == "running" for process in self.processes)
            and all(location.state == "loaded" for location in self.locations)
        )


def platform_status(environment: Environment) -> PlatformStatus:
    """Look at everything; takes less than a second unless something hangs."""
    folders = Folders(environment.state)
    keeper, record, ours = running_keeper(folders), read_record(folders), our_processes(folders)
    if keeper is None or record is None:
        return _not_running(record, ours)
    try:
        kept = keeper.programs()
        processes = [_keeper(keeper, ours), *(_process(item, kept.get(item.name), ours) for item in record.programs)]
    except ProcessesError:  # it has just gone
        return _not_running(record, our_processes(folders))
    found = code_locations(record.port, environment.root)
    return PlatformStatus(
        running=True,
        address=record.address,
        database=record.database,
        database_problem=_database_problem(environment, record),
        processes=processes,
        locations=[_location(item, found) for item in record.programs if item.location],
        problem=None if found is not None else "the webserver does not answer -> read its log: dp logs webserver",
    )


def _not_running(record: Record | None, ours: Sequence[OurProcess]) -> PlatformStatus:
    if not ours:
        return PlatformStatus(running=False, problem="the platform is not running -> make up")
    names = sorted({process.program or "keeper" for process in ours})
    left = [ProcessStatus(name, "gone", memory=_memory(name, ours)) for name in names]
    problem = (
        f"the process keeper was killed and left {len(ours)} processes -> `dp up` starts anew, `dp down` stops them"
    )
    return PlatformStatus(running=False, address=record.address if record else None, processes=left, problem=problem)


def _keeper(keeper: Keeper, ours: Sequence[OurProcess]) -> ProcessStatus:
    pid = keeper.pid
    started = next((item.process.create_time() for item in ours if item.process.pid == pid), None)
    return ProcessStatus("keeper", "running", pid, started and time.time() - started, memory_of([pid], children=False))


def _process(program: RecordedProgram, kept: Kept | None, ours: Sequence[OurProcess]) -> ProcessStatus:
    if kept is None:
        return ProcessStatus(program.name, "unknown")
    now = time.time()
    return ProcessStatus(
        name=program.name,
        state=_STATES.get(kept.state, "unknown"),
        pid=kept.pid,
        uptime=now - kept.started if kept.alive else None,
        memory=_memory(program.name, ours),
        restarts=kept.ends,
        last_end=None if kept.last_end is None else now - kept.last_end,
    )


def _memory(program: str, ours: Sequence[OurProcess]) -> int:
    return memory_of(item.process.pid for item in ours if item.program == program)


def _location(program: RecordedProgram, found: Mapping[str, Location] | None) -> Location:
    name = str(program.location)
    if found is None:
        return Location(name, "unknown", "the webserver does not answer")
    return found.get(name) or Location(name, "unknown", "the webserver does not know it")


def _database_problem(environment: Environment, record: Record) -> str | None:
    if not record.embedded and uses_embedded():
        return None  # its address is known to the platform's processes only, and they tell when it is away
    return database_problem(environment, embedded=record.embedded)
