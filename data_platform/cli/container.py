"""`dp container`: the process that a container is for."""

import sys
from typing import Annotated

import typer

from data_platform.environment import current_environment
from data_platform.errors import UsageError

app = typer.Typer(help="The platform in containers.", no_args_is_help=True)


@app.callback()
def _container() -> None:
    pass


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="Service of compose.yaml: webserver, daemon, unit-fleet.")],
) -> None:
    """Become a process of the platform, in a container of its own.

    [bold]Example:[/bold] dp container run unit-fleet
    """
    from data_platform.containers.run import become

    become(name, current_environment(), lambda line: print(line, file=sys.stderr, flush=True))


@app.command()
def check() -> None:
    """Check that the webserver shows every code location, and without an error; waits a minute for that.

    [bold]Example:[/bold] docker-compose run --rm platform dp container check
    """
    from data_platform.containers.shown import wait_until_shown
    from data_platform.processes import running_address
    from data_platform.units.graphql import Webserver
    from data_platform.units.workspace import location_modules

    environment = current_environment()
    address = running_address(environment)
    if address is None:
        raise UsageError(
            "it is not known where the webserver is", fix="set DATA_PLATFORM_WEBSERVER", anchor="containers"
        )
    wait_until_shown(Webserver(address), set(location_modules(environment)))
    print("every code location is served")
