"""What runs, what does not, and why."""

import time
from collections.abc import Mapping, Sequence

from data_platform.environment import Environment
from data_platform.processes.database import database_address, database_problem, uses_embedded
from data_platform.processes.elsewhere import webserver_elsewhere
from data_platform.processes.errors import ProcessesError
from data_platform.processes.folders import Folders
from data_platform.processes.health import PlatformStatus, ProcessStatus
from data_platform.processes.keeper import Keeper, Kept, running_keeper
from data_platform.processes.memory import memory_of
from data_platform.processes.ours import OurProcess, our_processes
from data_platform.processes.record import Record, RecordedProgram, read_record
from data_platform.processes.webserver import Location, code_locations
from data_platform.units.workspace import location_modules

_STATES = {"RUNNING": "running", "STARTING": "running", "BACKOFF": "restarting", "EXITED": "restarting"}
_STATES |= {"FATAL": "failed", "STOPPING": "stopping", "STOPPED": "stopped", "UNKNOWN": "unknown"}


def platform_status(environment: Environment) -> PlatformStatus:
    """Look at everything; takes less than a second unless something hangs.

    Raises:
        UsageError: `DATA_PLATFORM_WEBSERVER` is no address of a webserver.
    """
    elsewhere = webserver_elsewhere()
    if elsewhere:
        return _elsewhere(environment, elsewhere)
    folders = Folders(environment.state)
    keeper, record, ours = running_keeper(folders), read_record(folders), our_processes(folders)
    if keeper is None or record is None:
        return _not_running(record, ours)
    try:
        kept = keeper.programs()
        processes = [_keeper(keeper, ours), *(_process(item, kept.get(item.name), ours) for item in record.programs)]
    except ProcessesError:  # it has just gone
        return _not_running(record, our_processes(folders))
    found = code_locations(record.address, environment.root)
    return PlatformStatus(
        running=True,
        address=record.address,
        database=record.database,
        database_problem=_database_problem(environment, record),
        processes=processes,
        locations=[_location(item.location, found) for item in record.programs if item.location],
        problem=None if found is not None else "the webserver does not answer -> read its log: dp logs webserver",
    )


def _elsewhere(environment: Environment, address: str) -> PlatformStatus:
    found = code_locations(address, environment.root)
    names = [
        *location_modules(environment),
        *(name for name in found or () if name not in location_modules(environment)),
    ]
    embedded = uses_embedded()
    return PlatformStatus(
        running=found is not None,
        address=address,
        database=database_address(embedded=embedded),
        database_problem=database_problem(environment, embedded=embedded),
        locations=[_location(name, found) for name in names],
        problem=None if found is not None else "the webserver does not answer -> read its container's log",
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


def _location(name: str, found: Mapping[str, Location] | None) -> Location:
    if found is None:
        return Location(name, "unknown", "the webserver does not answer")
    return found.get(name) or Location(name, "unknown", "the webserver does not know it")


def _database_problem(environment: Environment, record: Record) -> str | None:
    if not record.embedded and uses_embedded():
        return None  # its address is known to the platform's processes only, and they tell when it is away
    return database_problem(environment, embedded=record.embedded)
