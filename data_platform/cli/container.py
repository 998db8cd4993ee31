"""`dp container`: the process that a container is for."""

from typing import Annotated

import typer

from data_platform.cli.caller import tell
from data_platform.environment import current_environment

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

    become(name, current_environment(), tell)


@app.command()
def check() -> None:
    """Wait until the webserver shows every code location without an error, for a minute at most.

    [bold]Example:[/bold] docker-compose run --rm platform dp container check
    """
    from data_platform.containers.shown import wait_until_well

    wait_until_well(current_environment())
    print("every code location is served")
