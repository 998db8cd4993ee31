"""`dp up`, `dp down`, `dp status`, `dp logs`: the platform on this machine."""

import signal
import sys
import threading
import time
from typing import Annotated

import typer

from data_platform.cli.caller import interruptible, tell
from data_platform.cli.output import Json
from data_platform.environment import Environment, current_environment

Grace = Annotated[float, typer.Option(min=0, help="Seconds that running work may take to finish when stopping.")]
_GRACE = 30.0


def up(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the user interface (3000).")] = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return when it is up, and leave it running.")] = False,
    build: Annotated[bool, typer.Option(help="Materialize everything once, the first time.")] = True,
    grace: Grace = _GRACE,
) -> None:
    """Start the platform and stay with it until Ctrl-C.

    [bold]Examples:[/bold] dp up

    dp up --detach --port 3001
    """
    from data_platform.processes import Folders, refuse_elsewhere, start

    refuse_elsewhere("`docker-compose up -d`")
    environment = current_environment()
    with interruptible():
        mine = watching = False
        try:
            started = start(environment, port=port, tell=tell, prepare=lambda: _prepare(environment))
            mine = not started.already
            for location in started.locations.values():
                if location.state != "loaded":
                    place = f" ({location.where})" if location.where else ""
                    tell(f"{location.name} did not load: {location.error}{place}")
            if started.already:
                typer.echo(f"the platform is running already: {started.address} (`dp down` stops it)")
                return
            tell(f"the platform is up after {started.seconds:.1f} s")
            if build:
                loaded = [location.name for location in started.locations.values() if location.state == "loaded"]
                _first_build(environment, started.address, [name for name in loaded if name != "data_platform"])
            typer.echo(started.address)
            if not detach:
                from data_platform.processes import watch

                watching = True
                tell("Ctrl-C stops the platform")
                watch(Folders(environment.state), tell=tell)
                tell("the platform was stopped by another command")
        except KeyboardInterrupt:
            if mine:
                _stop(environment, grace)
            raise typer.Exit(0 if watching else 130) from None


def down(grace: Grace = _GRACE) -> None:
    """Stop the platform: webserver and daemon, then the code servers, then the database.

    [bold]Example:[/bold] dp down --grace 300
    """
    from data_platform.processes import refuse_elsewhere

    refuse_elsewhere("`docker-compose stop`")
    with interruptible():
        stopped = _stop(current_environment(), grace)
    typer.echo("the platform is stopped" if stopped else "the platform is not running")


def status(as_json: Json = False) -> None:
    """Tell what runs, which units are loaded, and what is wrong; exit code 0 only if all is well.

    Of a platform elsewhere (`DATA_PLATFORM_WEBSERVER`): code locations and database.

    [bold]Example:[/bold] dp status --json
    """
    from data_platform.cli.platform_status import print_status
    from data_platform.processes import platform_status

    found = platform_status(current_environment())
    print_status(found, as_json=as_json)
    if not found.healthy:
        raise typer.Exit(1)


def logs(
    name: Annotated[str | None, typer.Argument(help="Program, as in `dp status`; a unit is its code server.")] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many lines of each.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
) -> None:
    """Show the last lines of the platform's logs.

    [bold]Example:[/bold] dp logs daemon --follow
    """
    from data_platform.processes import refuse_elsewhere
    from data_platform.processes.logs import read_logs

    refuse_elsewhere("`docker-compose logs`")
    for line in read_logs(current_environment(), name, lines=lines, follow=follow, colours=sys.stdout.isatty()):
        print(line, flush=follow)


def _stop(environment: Environment, grace: float) -> bool:
    """Stop it; a further Ctrl-C means: do not wait for running work."""
    from data_platform.processes import Folders, stop

    hurry = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: hurry.set())
    for ignored in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    tell("stopping the platform")
    return stop(Folders(environment.state), grace=grace, tell=tell, hurry=hurry)


def _prepare(environment: Environment) -> None:
    """Parse the dbt projects that changed, while the database starts.

    What does not parse is told by its code server, as any unit that does not load.
    """
    from data_platform.dbt import prepare
    from data_platform.units.unit import sound_units

    prepare([unit.project for unit in sound_units(environment)])


def _first_build(environment: Environment, address: str, loaded: list[str]) -> None:
    """Materialize everything, if that was never done here."""
    from data_platform.cli.summary import print_summary, progress_line
    from data_platform.units.builds import build_units, never_built

    names = never_built(address, loaded)
    if not names:
        return
    tell(f"materializing everything once: {', '.join(names)}")
    started = time.monotonic()
    with progress_line() as show:
        results = build_units(environment, names, address=address, progress=show)
    print_summary(results, time.monotonic() - started, as_json=False)
