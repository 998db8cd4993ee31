"""`dp deploy` resume, rollback and checkout: going on with a deployment, and going back to what was before it."""

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from data_platform.cli.caller import end_as_interrupted, tell, who
from data_platform.cli.deploy_events import ledger_of, telling_of
from data_platform.cli.deploy_output import print_deployment
from data_platform.cli.output import Json, nobody_reads
from data_platform.cli.platform_holds import platform_holds, tell_waiting_runs
from data_platform.cli.waiting_runs import sort_out_waiting_runs
from data_platform.environment import current_environment
from data_platform.errors import UsageError

if TYPE_CHECKING:
    from data_platform.deployments.deployment import Deployment

Number = Annotated[str, typer.Argument(metavar="ID", help="Number, as in `dp deploy history`.")]


def resume(deployment: Number, as_json: Json = False) -> None:
    """Go on with a deployment whose deployer died while it changed something, or whose rollback failed.

    [bold]Example:[/bold] dp deploy resume 12
    """
    _settle(read_number(deployment), back=False, as_json=as_json)


def rollback(
    deployment: Number,
    reason: Annotated[str | None, typer.Option(help="Why; shown on every run that waits.")] = None,
    as_json: Json = False,
) -> None:
    """Go back to what was before a deployment: code at once, and schema by the rollbacks that authors wrote.

    One that has succeeded is brought back by a deployment of its own; one that needs a person is taken back and ended.

    [bold]Example:[/bold] dp deploy rollback 12
    """
    number = read_number(deployment)
    environment = current_environment()
    with platform_holds(environment) as holds:
        telling = telling_of(environment, holds)
        found = ledger_of(telling).get(number)
        if not found.is_half_done:
            from data_platform.deployments.choosing import running_platform
            from data_platform.deployments.deploy import Deployer
            from data_platform.deployments.going_back import request_to_undo
            from data_platform.deployments.telling import Event
            from data_platform.processes import running_address

            address = running_platform(running_address(environment))
            request = request_to_undo(environment, holds, address, found, owner=who(), reason=reason)
            deployer = Deployer(
                *(environment, holds, address, request),
                told=lambda taken: tell_waiting_runs(environment, holds, taken),
                sort_out=partial(sort_out_waiting_runs, environment, holds),
                tell=tell,
                begun=lambda number: telling.tell(Event.STARTED, ledger_of(telling).get(number)),
            )
            end_as_interrupted()
            deployer.deploy()
            done = ledger_of(telling).get(deployer.number)
    if found.is_half_done:
        _settle(number, back=True, as_json=as_json)
    else:
        finish(done, as_json=as_json)


def checkout(units: Annotated[list[str], typer.Argument(metavar="UNIT...", help="Units.")]) -> None:
    """Serve units from the checkout again, as before their first deployment, so that edits count when they are loaded.

    Only where the checkout is served (`local`). Runs are not waited for.

    [bold]Example:[/bold] dp deploy checkout fleet
    """
    from data_platform.deployments.choosing import running_platform, serve_checkout
    from data_platform.processes import running_address

    environment = current_environment()
    for name, version in serve_checkout(environment, running_platform(running_address(environment)), units).items():
        print(f"{name} serves the checkout ({version})")


def finish(done: "Deployment", *, as_json: bool) -> None:
    """Print what became of a deployment.

    Raises:
        DeploymentError: it did not succeed.
    """
    from data_platform.deployments.errors import DeploymentError
    from data_platform.deployments.phases import Outcome

    try:
        print_deployment(done, as_json=as_json)
    except OSError:  # nobody reads it, and the exit code must tell all the same
        nobody_reads(sys.stdout)
    if done.outcome is not Outcome.SUCCEEDED:
        fix = f"`dp deploy rollback {done.id}` or `dp deploy resume {done.id}`" if done.needs_a_person else None
        raise DeploymentError(f"deployment {done.id} {str(done.outcome).replace('_', ' ')}: {done.cause}", fix=fix)


def read_number(text: str) -> int:
    """A deployment's number.

    Raises:
        UsageError: it is none.
    """
    if not text.isdecimal() or len(text) > 18:
        raise UsageError(f"{text!r} is no number of a deployment", fix="see `dp deploy history`", anchor="deployments")
    return int(text)


def _settle(number: int, *, back: bool, as_json: bool) -> None:
    from data_platform.deployments.choosing import running_platform
    from data_platform.deployments.settling import Settler, request_of
    from data_platform.processes import running_address

    environment = current_environment()
    address = running_platform(running_address(environment))
    with platform_holds(environment) as holds:
        telling = telling_of(environment, holds)
        found = ledger_of(telling).get(number)
        settler = Settler(
            *(environment, holds, address, request_of(environment, found, owner=who())),
            told=lambda taken: tell_waiting_runs(environment, holds, taken),
            sort_out=partial(sort_out_waiting_runs, environment, holds),
            tell=tell,
        )
        end_as_interrupted()
        if back:
            settler.go_back(found)
        else:
            settler.resume(found)
        done = ledger_of(telling).get(number)
    if back and done.outcome == "failed_and_rolled_back":
        print_deployment(done, as_json=as_json)  # which is what was asked for
        return
    finish(done, as_json=as_json)
