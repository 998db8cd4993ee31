"""`dp deploy [UNIT...]`: a deployment, or its forecast."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import typer

from data_platform.cli.caller import end_as_interrupted, tell, who
from data_platform.cli.deploy_events import ledger_of, telling_of
from data_platform.cli.deploy_output import print_forecast
from data_platform.cli.deploy_settling import finish
from data_platform.cli.deploy_steps import refuse_without_pools, stopping, with_steps_held
from data_platform.cli.output import Json
from data_platform.cli.platform_holds import platform_holds, tell_waiting_runs
from data_platform.cli.waiting_runs import sort_out_waiting_runs
from data_platform.environment import Environment, current_environment
from data_platform.errors import UsageError

Units = Annotated[
    list[str] | None, typer.Argument(metavar="[UNIT]...", help="Units; none means those that changed on disk.")
]


def run(
    units: Units = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All units, and hold every code location.")] = False,
    forecast: Annotated[
        bool, typer.Option("--forecast", help="Only say what would be waited for and changed.")
    ] = False,
    reason: Annotated[str | None, typer.Option(help="Why; shown on every run that waits.")] = None,
    link: Annotated[str | None, typer.Option(help="Where people can read more.")] = None,
    smoke: Annotated[
        list[str] | None,
        typer.Option(metavar="JOB_OR_ASSET", help="Run it before the release: fleet:build, fleet/marts/aircraft."),
    ] = None,
    allow: Annotated[list[str] | None, typer.Option(help="Lint finding consented to, such as `destructive`.")] = None,
    drain_limit: Annotated[
        str, typer.Option(metavar="SPAN", help="How long to wait for runs in flight, at most.")
    ] = "10m",
    wait_limit: Annotated[str, typer.Option(metavar="SPAN", help="How long to wait for one's turn.")] = "30m",
    between_steps: Annotated[
        bool,
        typer.Option("--between-steps", help="Hold runs in flight before their next step, for compatible changes."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Deploy units: new runs wait, runs in flight finish, schema and code change, the waiting runs start.

    [bold]Examples:[/bold] dp deploy fleet --forecast

    dp deploy fleet meteorology --reason "faster marts" --smoke fleet/marts/aircraft

    dp deploy --all --drain-limit 30m
    """
    from data_platform.deployments.choosing import chosen_units, running_platform, take_up_new
    from data_platform.deployments.deploy import Deployer
    from data_platform.deployments.request import Request
    from data_platform.deployments.smoke import read_smoke
    from data_platform.deployments.telling import Event
    from data_platform.gate import EVERYTHING
    from data_platform.gate.duration import read_duration
    from data_platform.processes import running_address

    environment = current_environment()
    if everything and units:
        raise UsageError("--all is given, and units are named", fix="use one of them", anchor="deployments")
    limits = read_duration(wait_limit), read_duration(drain_limit)
    smokes = tuple(read_smoke(each) for each in smoke or [])
    address = running_platform(running_address(environment))
    chosen = chosen_units(environment, address, units or [], everything=everything)
    if not chosen:
        print("[]" if as_json else "nothing to deploy: every unit is served as it is on disk")
        return
    if between_steps:
        refuse_without_pools(chosen)
    names = tuple(unit.card.name for unit in chosen)
    for each in smokes:
        if each.unit not in names:
            raise UsageError(f"the smoke run {each} is of no unit that is deployed", anchor="deployments")
    scopes = (EVERYTHING,) if everything else names
    with platform_holds(environment) as holds:
        if forecast:
            foreseen = _forecast(environment, holds, address, scopes, chosen)
            print_forecast(with_steps_held(environment, foreseen) if between_steps else foreseen, as_json=as_json)
            return
        if take_up_new(environment, address, chosen):
            tell("the running platform has taken up units that were added or removed")
        request = Request(
            units=tuple(chosen),
            scopes=scopes,
            owner=who(),
            reason=" ".join((reason or "").split()) or f"deployment of {', '.join(names)}",
            link=link,
            smoke=smokes,
            allow=frozenset(allow or ()),
            wait_limit=limits[0],
            drain_limit=limits[1],
        )
        telling = telling_of(environment, holds)
        end_as_interrupted()
        with stopping(environment, holds, wanted=between_steps, tell=tell) as stop:
            deployer = Deployer(
                *(environment, holds, address, request),
                told=lambda taken: tell_waiting_runs(environment, holds, taken),
                sort_out=partial(sort_out_waiting_runs, environment, holds),
                tell=tell,
                begun=lambda number: telling.tell(Event.STARTED, ledger_of(telling).get(number)),
                stop=stop,
            )
            deployer.deploy()
        done = ledger_of(telling).get(deployer.number)
    finish(done, as_json=as_json)


def _forecast(environment: Environment, holds: Any, address: str, scopes: Sequence[str], chosen: Any) -> Any:
    from data_platform.deployments.foresee import foresee
    from data_platform.deployments.validation import keep_versions, validate

    validated = validate(environment, keep_versions(environment, chosen))
    return foresee(holds, address, scopes, validated)
