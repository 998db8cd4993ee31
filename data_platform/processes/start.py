"""Starting the platform: everything that is not running yet, each as soon as what it needs is ready."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from data_platform.environment import Environment
from data_platform.errors import DataPlatformError, UsageError
from data_platform.instance.embedded import EmbeddedPostgres
from data_platform.processes.bring_up import bring_up, wait_for_locations
from data_platform.processes.database import check_database, database_address, uses_embedded
from data_platform.processes.files import write_files
from data_platform.processes.folders import Folders
from data_platform.processes.keeper import Keeper, running_keeper, start_keeper
from data_platform.processes.lock import alone
from data_platform.processes.ours import our_processes
from data_platform.processes.plan import platform_programs, program_environment
from data_platform.processes.ports import check_port
from data_platform.processes.programs import Program
from data_platform.processes.record import Record, read_record, recorded
from data_platform.processes.stop import stop_all
from data_platform.processes.webserver import Location
from data_platform.units.workspace import location_modules

PORT_VARIABLE, PORT = "DATA_PLATFORM_PORT", 3000
_LOCK_SECONDS = 180.0
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Started:
    """A platform that is up.

    Attributes:
        address: of the user interface.
        already: whether it was up before.
        seconds: how long it took.
        locations: the code locations by name, also those that did not load.
    """

    address: str
    already: bool
    seconds: float
    locations: Mapping[str, Location]


def start(
    environment: Environment, *, port: int | None = None, tell: Tell, prepare: Callable[[], object] | None = None
) -> Started:
    """Start what is not running; returns when the user interface is healthy.

    A platform that cannot start is stopped again, all of it. A unit that does not load stops nothing.

    Args:
        environment: whose platform.
        port: of the webserver; None takes DATA_PLATFORM_PORT or 3000, or the running platform's.
        tell: called with a line about what happens.
        prepare: called once, in a thread of its own, when the start begins.

    Raises:
        DataPlatformError: a program does not start, the port is in use, the database does not answer.
        UsageError: it runs already, on another port.
    """
    began = time.monotonic()

    def tell_timed(line: str) -> None:
        tell(f"{time.monotonic() - began:5.1f} s  {line}")

    folders = Folders(environment.state)
    folders.make()
    with alone(folders, seconds=_LOCK_SECONDS, waiting=lambda holder: tell(_waiting(holder))):
        keeper, record = running_keeper(folders), read_record(folders)
        if keeper is not None and record is not None:
            already, locations = _complete(environment, keeper, record, port, tell_timed)
        else:
            already = False
            record, locations = _start_anew(environment, folders, port, tell_timed, prepare)
    return Started(record.address, already, time.monotonic() - began, locations)


def _complete(
    environment: Environment, keeper: Keeper, record: Record, port: int | None, tell: Tell
) -> tuple[bool, dict[str, Location]]:
    """Start what is missing of a running platform: its start was killed half-way, or a program was given up.

    Returns:
        Whether nothing was missing, and the code locations.
    """
    if port not in {None, record.port}:
        raise UsageError(
            f"the platform is running already, on port {record.port}", fix="`dp down` first", anchor="port-in-use"
        )
    known = keeper.programs()
    whole = all(kept.alive for kept in known.values())
    modules = location_modules(environment)
    planned = platform_programs(environment, modules, port=record.port, embedded=record.embedded)
    programs = [program for program in planned if program.name in known]
    failed = bring_up(Folders(environment.state), keeper, programs, (lambda _: None) if whole else tell)
    return whole, wait_for_locations(record.address, environment.root, _serving(programs, failed))


def _start_anew(
    environment: Environment, folders: Folders, port: int | None, tell: Tell, prepare: Callable[[], object] | None
) -> tuple[Record, dict[str, Location]]:
    if our_processes(folders):
        tell("stopping what is left of a platform that was killed")
        stop_all(folders, tell=tell)
    port = port or _configured_port()
    check_port(port)
    _in_background(prepare)
    embedded = uses_embedded()
    if embedded:
        EmbeddedPostgres(environment.state).prepare()
        EmbeddedPostgres(environment.state).stop_abandoned()
    else:
        check_database(environment)
    programs = platform_programs(environment, location_modules(environment), port=port, embedded=embedded)
    write_files(environment, folders, programs)
    record = Record(port, embedded, database_address(embedded=embedded), recorded(programs), time.time())
    record.write(folders)
    try:
        keeper = start_keeper(folders, program_environment(environment), environment.root)
        failed = bring_up(folders, keeper, programs, tell)
        return record, wait_for_locations(record.address, environment.root, _serving(programs, failed))
    except BaseException:  # also an interrupt: no half of a platform stays
        stop_all(folders, grace=0, tell=tell)
        raise


def _in_background(task: Callable[[], object] | None) -> None:
    def run() -> None:
        # what is wrong with a unit its code server tells
        with suppress(DataPlatformError):
            if task is not None:
                task()

    # nobody waits for it when the start is given up
    threading.Thread(target=run, name="prepare", daemon=True).start()


def _serving(programs: list[Program], failed: list[str]) -> list[str]:
    return [item.location for item in programs if item.location and item.name not in failed]


def _configured_port() -> int:
    text = os.environ.get(PORT_VARIABLE) or str(PORT)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise UsageError(f"{PORT_VARIABLE}={text!r} is no port", fix="set it to a number from 1 to 65535")
    return int(text)


def _waiting(holder: int | None) -> str:
    return f"waiting for another dp command{f' (PID {holder})' if holder else ''} that starts or stops the platform"
