"""`dp hold`: keep runs waiting while something is changed by hand."""

from collections.abc import Sequence
from typing import Annotated

import typer

from data_platform.cli.caller import end_as_interrupted, who
from data_platform.cli.hold_output import hold_row, once_told, print_holds
from data_platform.cli.output import Json, print_rows
from data_platform.cli.platform_holds import platform_holds, tell_waiting_runs
from data_platform.environment import Environment, current_environment
from data_platform.errors import UsageError

app = typer.Typer(help="Keep runs waiting while something is changed.", no_args_is_help=True)
Number = Annotated[str, typer.Argument(metavar="HOLD", help="Number of the hold, as in `dp hold list`.")]
For = Annotated[str, typer.Option("--for", metavar="SPAN", help="How long, at most: 90s, 30m, 1h30m, 2d.")]


@app.command()
def take(
    *,
    reason: Annotated[str, typer.Option(help="Why; shown on every run that waits.")],
    unit: Annotated[list[str] | None, typer.Option(help="Unit (code location) to hold; may be repeated.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Hold every code location.")] = False,
    span: For = "30m",
    link: Annotated[str | None, typer.Option(help="Where people can read more.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who holds it; user and machine by default.")] = None,
    wait: Annotated[str | None, typer.Option(metavar="SPAN", help="Wait so long for one's turn.")] = None,
    as_json: Json = False,
) -> None:
    """Hold units: new runs wait in the queue, runs in flight finish.

    [bold]Examples:[/bold] dp hold take --unit fleet --reason "new disk" --for 1h

    dp hold take --all --reason "PostgreSQL upgrade" --link https://wiki.example.org/upgrade --wait 10m
    """
    from data_platform.gate.duration import read_duration

    environment = current_environment()
    locations = _locations(environment, unit or [], everything)
    why = _reason(reason)
    life, patience = read_duration(span), read_duration(wait).total_seconds() if wait else 0.0
    with platform_holds(environment) as holds:
        taken = holds.acquire(
            locations,
            reason=why,
            owner=owner or who(),
            link=link,
            life=life,
            patience=patience,
            waits=once_told(),
        )
        try:
            tell_waiting_runs(environment, holds, taken)
        except BaseException:  # also an interrupt: nobody knows its number
            holds.release_all([each.id for each in taken])
            raise
        print_holds(holds, taken, as_json=as_json)


@app.command()
def during(
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND...", help="What to run while nothing runs.")],
    *,
    reason: Annotated[str, typer.Option(help="Why; shown on every run that waits.")],
    unit: Annotated[list[str] | None, typer.Option(help="Unit (code location) to hold; may be repeated.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Hold every code location.")] = False,
    link: Annotated[str | None, typer.Option(help="Where people can read more.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who holds it; user and machine by default.")] = None,
    wait: Annotated[str, typer.Option(metavar="SPAN", help="Wait so long for one's turn.")] = "30m",
    drain_limit: Annotated[str, typer.Option(metavar="SPAN", help="Wait so long for runs in flight.")] = "10m",
) -> None:
    """Hold units, wait until nothing of them runs, run a command, release: a rollout of containers, for instance.

    If the command fails the hold stays, and so do the runs that wait.

    [bold]Example:[/bold] dp hold during --unit fleet --reason "image 1.4" -- kubectl rollout restart deployment/fleet
    """
    from data_platform.gate.duration import read_duration
    from data_platform.gate.during import hold_during

    environment = current_environment()
    locations = _locations(environment, unit or [], everything)
    patience, limit = read_duration(wait).total_seconds(), read_duration(drain_limit).total_seconds()
    end_as_interrupted()
    with platform_holds(environment) as holds:
        hold_during(
            holds,
            locations,
            command,
            reason=_reason(reason),
            owner=owner or who(),
            link=link,
            patience=patience,
            drain_limit=limit,
            waits=once_told(),
            told=lambda taken: tell_waiting_runs(environment, holds, taken),
        )


@app.command(name="list")
def list_(as_json: Json = False) -> None:
    """List the holds that are held or waited for, with the runs that are in flight and that wait.

    [bold]Example:[/bold] dp hold list
    """
    with platform_holds(current_environment()) as holds:
        moment = holds.standing()
        rows = [hold_row(holds, hold, moment.now) for hold in moment.holds]
    if rows or as_json:
        print_rows(rows, as_json=as_json)
    else:
        typer.echo("nothing is held")


@app.command()
def release(
    hold: Annotated[list[str], typer.Argument(metavar="HOLD...", help="Numbers, as in `dp hold list`.")],
    force: Annotated[bool, typer.Option(help="Also while something is being changed under it.")] = False,
    as_json: Json = False,
) -> None:
    """Release holds: the runs that waited start.

    [bold]Example:[/bold] dp hold release 7
    """
    numbers = [_number(text) for text in hold]
    with platform_holds(current_environment()) as holds:
        print_holds(holds, holds.release_all(numbers, force=force), as_json=as_json)


@app.command()
def extend(hold: Number, span: For = "30m", as_json: Json = False) -> None:
    """Let a hold last so long from now; one that has expired cannot be extended.

    [bold]Example:[/bold] dp hold extend 7 --for 1h
    """
    from data_platform.gate.duration import read_duration

    number, life = _number(hold), read_duration(span)
    with platform_holds(current_environment()) as holds:
        print_holds(holds, [holds.renew(number, life)], as_json=as_json)


def _reason(text: str) -> str:
    if not text.strip():
        raise UsageError("--reason is empty", fix="say why: it is shown on every run that waits", anchor="holds")
    return " ".join(text.split())


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise UsageError(f"{text!r} is no number of a hold", fix="see `dp hold list`", anchor="holds")
    return int(text)


def _locations(environment: Environment, units: Sequence[str], everything: bool) -> list[str]:
    from data_platform.gate import EVERYTHING
    from data_platform.units.workspace import location_modules

    if bool(units) == everything:
        raise UsageError(
            "say what to hold: units, or everything", fix="use either --unit NAME or --all", anchor="holds"
        )
    known = location_modules(environment)
    for name in units:
        if name not in known:
            raise UsageError(f"there is no unit {name!r}", fix=f"use one of: {', '.join(known)}", anchor="unit-cards")
    return list(units) or [EVERYTHING]
