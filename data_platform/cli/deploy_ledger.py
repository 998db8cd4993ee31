"""`dp deploy` history, show and status: what was deployed, what became of it, and what is served."""

import json
from typing import Annotated

import typer

from data_platform.cli.deploy_events import ledger_of, telling_of
from data_platform.cli.deploy_output import open_document, print_deployment
from data_platform.cli.deploy_settling import read_number
from data_platform.cli.output import Json, print_rows
from data_platform.cli.platform_holds import platform_holds
from data_platform.environment import current_environment


def history(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, at most.")] = 20, as_json: Json = False
) -> None:
    """List the latest deployments, newest first, whatever became of them.

    [bold]Example:[/bold] dp deploy history --limit 5
    """
    environment = current_environment()
    with platform_holds(environment) as holds:
        ledger = ledger_of(telling_of(environment, holds))
        rows = [deployment.as_row() for deployment in ledger.history(limit)]
    if rows or as_json:
        print_rows(rows, as_json=as_json)
    else:
        typer.echo("nothing was deployed yet")


def show(
    deployment: Annotated[str, typer.Argument(metavar="ID", help="Number, as in `dp deploy history`.")],
    as_json: Json = False,
) -> None:
    """Show everything the ledger knows of a deployment: commits, versions, changesets, phases, cause.

    [bold]Example:[/bold] dp deploy show 12
    """
    number = read_number(deployment)
    environment = current_environment()
    with platform_holds(environment) as holds:
        ledger = ledger_of(telling_of(environment, holds))
        print_deployment(ledger.get(number), as_json=as_json)


def status(as_json: Json = False) -> None:
    """Show what each unit serves and should serve, and unsettled deployments; exit code 1 if one needs a person.

    [bold]Example:[/bold] dp deploy status
    """
    from data_platform.deployments.choosing import unit_rows
    from data_platform.deployments.in_line import turns
    from data_platform.processes import running_address
    from data_platform.units.graphql import Webserver
    from data_platform.units.unit import sound_units

    environment = current_environment()
    address = running_address(environment)
    with platform_holds(environment) as holds:
        ledger = ledger_of(telling_of(environment, holds))
        open_ones = ledger.unsettled()
        turn = turns(holds, ledger, open_ones)
        rows = unit_rows(Webserver(address) if address else None, sound_units(environment), ledger.deployed())
    if as_json:
        print(json.dumps({"units": rows, "unsettled": [open_document(each, turn) for each in open_ones]}, indent=2))
    else:
        print_rows(rows, as_json=False)
        for each in open_ones:
            print_deployment(each, as_json=False, turn=turn.get(each.id))
    if any(each.needs_a_person for each in open_ones):
        raise typer.Exit(1)
