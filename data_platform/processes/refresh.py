"""A running platform takes up units that were added, and lets go of those that were removed."""

import time
from collections.abc import Sequence
from dataclasses import replace

from data_platform.environment import Environment
from data_platform.processes.bring_up import bring_up, wait_for_locations
from data_platform.processes.elsewhere import webserver_elsewhere
from data_platform.processes.files import write_files
from data_platform.processes.folders import Folders
from data_platform.processes.keeper import Keeper, running_keeper
from data_platform.processes.lock import alone
from data_platform.processes.plan import DAEMON, WEBSERVER, platform_programs
from data_platform.processes.record import Record, read_record, recorded
from data_platform.units.workspace import location_modules

_LOCK_SECONDS = 180.0
_STOP_SECONDS = 60.0
_POLL_SECONDS = 0.05


def running_address(environment: Environment) -> str | None:
    """Address of the user interface, as in `http://127.0.0.1:3000`; None when the platform is not up.

    Raises:
        UsageError: `DATA_PLATFORM_WEBSERVER` is no such address.
    """
    return webserver_elsewhere() or _address_here(environment)


def _address_here(environment: Environment) -> str | None:
    folders = Folders(environment.state)
    record = read_record(folders)
    return record.address if record and running_keeper(folders) else None


def refresh(environment: Environment) -> bool:
    """Start code servers of new units, stop those of removed ones, and have the others told.

    Runs are left alone. Webserver and daemon are started again, which takes seconds. A platform whose webserver is
    elsewhere (`DATA_PLATFORM_WEBSERVER`) has nothing to start here.

    Returns:
        Whether the platform is running and something changed.

    Raises:
        ProcessesError: the platform does not take it up.
    """
    folders = Folders(environment.state)
    if _address_here(environment) is None:
        return False
    with alone(folders, seconds=_LOCK_SECONDS, waiting=lambda _: None):
        keeper, record = running_keeper(folders), read_record(folders)
        return keeper is not None and record is not None and _refresh(environment, folders, keeper, record)


def _refresh(environment: Environment, folders: Folders, keeper: Keeper, record: Record) -> bool:
    modules = location_modules(environment)
    programs = platform_programs(environment, modules, port=record.port, embedded=record.embedded)
    if {program.name for program in programs} == set(keeper.programs()):
        return False
    write_files(environment, folders, programs)
    replace(record, programs=recorded(programs)).write(folders)
    removed = keeper.read_config()
    # Dagster reads a workspace anew only together with the code of every unit in it (the webserver) or once a minute
    # (the daemon, which fails the new units' runs until then): starting both again is quicker and disturbs no run.
    _stop(keeper, [WEBSERVER, DAEMON, *removed])
    for name in removed:
        keeper.forget(name)
    failed = bring_up(folders, keeper, programs, lambda _: None)
    serving = [item.location for item in programs if item.location and item.name not in failed]
    wait_for_locations(record.address, environment.root, serving)
    return True


def _stop(keeper: Keeper, names: Sequence[str]) -> None:
    for name in names:
        keeper.stop(name)
    deadline = time.monotonic() + _STOP_SECONDS
    while any(kept.alive and kept.name in names for kept in keeper.programs().values()):
        if time.monotonic() > deadline:
            return
        time.sleep(_POLL_SECONDS)
