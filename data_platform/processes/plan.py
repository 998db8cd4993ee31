"""Which programs make up the platform, and the environment they run in. Pure: decides, starts nothing."""

import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from data_platform.environment import Environment
from data_platform.instance.embedded import EmbeddedPostgres
from data_platform.processes import ready
from data_platform.processes.folders import Folders
from data_platform.processes.programs import Program, Stage
from data_platform.units.versions import UnitVersions
from data_platform.units.workspace import GENERIC_LOCATION

DATABASE, WEBSERVER, DAEMON, RUN_WORKERS = "database", "webserver", "daemon", "run-workers"
# Every process of the platform, and every process those start, carries the folder of its platform in this variable:
# so they are recognised for certain, also after their keeper was killed.
MARK = "DATA_PLATFORM_PROCESS_OF"
CODE_SERVER_PREFIX = "unit-"


def code_server_name(location: str) -> str:
    """Name of the program that serves a code location."""
    return f"{CODE_SERVER_PREFIX}{location}"


def platform_programs(
    environment: Environment, modules: Mapping[str, str], *, port: int, embedded: bool
) -> list[Program]:
    """The programs of the platform.

    Args:
        environment: whose platform.
        modules: Python module of every code location, by its name.
        port: of the webserver.
        embedded: whether the database is the embedded PostgreSQL (it must have been prepared).
    """
    folders = Folders(environment.state)
    database = [_database(EmbeddedPostgres(environment.state))] if embedded else []
    first = tuple(program.name for program in database)
    servers = [_code_server(environment, location, module, first) for location, module in modules.items()]
    # the webserver loads its own code meanwhile, and finds the code servers when they answer
    webserver = Program(
        name=WEBSERVER,
        command=(
            *_script("dagster-webserver"),
            *("--host", "127.0.0.1", "--port", str(port), "--workspace", str(folders.workspace)),
        ),
        stage=Stage.CONTROL,
        after=first,
        is_ready=partial(ready.answers, port, "/server_info"),
    )
    # the daemon starts last: it launches runs, and nobody waits for it
    daemon = Program(
        name=DAEMON,
        command=(*_script("dagster-daemon"), "run", "--workspace", str(folders.workspace)),
        stage=Stage.CONTROL,
        after=(*first, *(server.name for server in servers)),
        is_ready=lambda: True,
    )
    return [*database, *servers, _run_workers(folders), webserver, daemon]


def _database(postgres: EmbeddedPostgres) -> Program:
    return Program(
        name=DATABASE,
        command=tuple(postgres.command()),
        stage=Stage.DATABASE,
        is_ready=postgres.is_ready,
        stop_signal=postgres.STOP_SIGNAL.name.removeprefix("SIG"),
    )


def _code_server(environment: Environment, location: str, module: str, first: tuple[str, ...]) -> Program:
    socket = Folders(environment.state).code_server_socket(location)
    # the path of the link, not what it names: it is followed anew by each reload, run and step
    code = environment.root if location == GENERIC_LOCATION else UnitVersions(environment, location).current
    return Program(
        name=code_server_name(location),
        command=(
            *(sys.executable, "-m", "data_platform.instance.code_server"),
            *("--module-name", module, "--location-name", location, "--working-directory", str(code)),
            *("--socket", str(socket)),
        ),
        stage=Stage.CODE_SERVERS,
        after=first,
        is_ready=partial(ready.accepts, socket),
        finishes_work=True,
        required=False,
        location=location,
    )


def _run_workers(folders: Folders) -> Program:
    # without it runs start in their code servers, two seconds later
    return Program(
        name=RUN_WORKERS,
        command=(sys.executable, "-m", "data_platform.instance.run_workers", str(folders.run_workers_socket)),
        stage=Stage.CODE_SERVERS,
        is_ready=partial(ready.accepts, folders.run_workers_socket),
        finishes_work=True,
        required=False,
    )


def _script(name: str) -> tuple[str, str]:
    # the interpreter is named too: a script's first line cannot hold a long path
    return sys.executable, str(Path(sys.executable).parent / name)


def program_environment(environment: Environment, variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment variables of every process of the platform.

    Secrets (DATA_PLATFORM_POSTGRES_URL) are handed on here and nowhere else: they stand in no file and no command line.

    Args:
        environment: whose platform.
        variables: of the command that starts it; defaults to `os.environ`.
    """
    variables = os.environ if variables is None else variables
    # what a surrounding keeper set is about its own processes
    kept = {name: value for name, value in variables.items() if not name.startswith("SUPERVISOR_")}
    programs = str(Path(sys.executable).parent)
    folders = Folders(environment.state)
    return kept | {
        "PATH": f"{programs}{os.pathsep}{variables.get('PATH', os.defpath)}",
        "DAGSTER_HOME": str(environment.dagster_home),
        "DATA_PLATFORM_ENVIRONMENT": str(environment.name),
        "DATA_PLATFORM_ROOT": str(environment.root),
        "DATA_PLATFORM_STATE": str(environment.state),
        "DATA_PLATFORM_STORAGE": environment.storage,
        "DATA_PLATFORM_RUN_WORKERS": str(folders.run_workers_socket),
        MARK: str(folders.run),
    }
