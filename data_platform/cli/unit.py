"""`dp unit`: business units from the command line."""

import time
from typing import Annotated

import typer

from data_platform.cli.output import Json, print_rows
from data_platform.cli.unit_adding import new, remove
from data_platform.environment import Environment, current_environment
from data_platform.units.card import read_card, unit_folders

app = typer.Typer(help="Business units: list, check, build, add and remove them.", no_args_is_help=True)
Names = Annotated[list[str] | None, typer.Argument(metavar="[UNIT]...", help="Units; none means all.")]


@app.command("list")
def list_units(as_json: Json = False) -> None:
    """List the units.

    [bold]Example:[/bold] dp unit list --json
    """
    environment = current_environment()
    rows = []
    for folder in unit_folders(environment.code_locations):
        card = read_card(folder)
        rows.append(
            {
                "unit": card.name,
                "title": card.title,
                "owners": card.owners,
                "dbt_project": card.dbt_project,
                "schedule": card.schedule.cron if card.schedule else None,
                "regions": card.regions,
            }
        )
    print_rows(rows, as_json=as_json)


@app.command()
def check(names: Names = None, as_json: Json = False) -> None:
    """Check cards and dbt projects without building anything; exit code 1 if one is wrong.

    [bold]Example:[/bold] dp unit check meteorology
    """
    from data_platform.units.checking import check_units

    verdicts = check_units(current_environment(), names or [])
    if as_json:
        print_rows([verdict.as_row() for verdict in verdicts], as_json=True)
    else:
        # a problem is a line of its own: a table would break it in pieces
        rows = [verdict.as_row() for verdict in verdicts]
        print_rows([{key: row[key] for key in row if key != "problem"} for row in rows], as_json=False)
        for verdict in verdicts:
            if not verdict.ok:
                typer.echo(f"dp: {verdict.problem}", err=True)
    if any(not verdict.ok for verdict in verdicts):
        raise typer.Exit(1)


@app.command()
def prepare(names: Names = None) -> None:
    """Parse the dbt projects anew and keep what code servers load of them.

    [bold]Example:[/bold] dp unit prepare operations
    """
    from data_platform.dbt.prepare import prepare as prepare_projects
    from data_platform.units.unit import find_units

    units = find_units(current_environment(), names or [])
    errors = prepare_projects([unit.project for unit in units], always=True)
    for error in errors.values():
        typer.echo(f"dp: {error}", err=True)
    typer.echo(f"prepared {len(units) - len(errors)} of {len(units)} units")
    if errors:
        raise typer.Exit(1)


@app.command()
def sync() -> None:
    """Bring dagster_home/workspace.yaml and compose.yaml up to date with the unit cards.

    [bold]Example:[/bold] dp unit sync
    """
    from data_platform.units.compose import FILE, write_compose
    from data_platform.units.workspace import write_workspace

    environment = current_environment()
    changed = {"dagster_home/workspace.yaml": write_workspace(environment), FILE: write_compose(environment)}
    for name, has_changed in changed.items():
        if has_changed is not None:
            typer.echo(f"{name} {'is up to date now' if has_changed else 'was up to date'}")


@app.command()
def build(names: Names = None, as_json: Json = False) -> None:
    """Build units, each after those it reads, and print a summary; exit code 1 if one failed.

    Runs go through the running platform's queue when it is up, and in this process when it is not.

    [bold]Example:[/bold] dp unit build fleet operations
    """
    from data_platform.cli.summary import print_summary, progress_line
    from data_platform.units.builds import build_units

    environment = current_environment()
    started = time.monotonic()
    with progress_line(as_json) as show:
        results = build_units(environment, names or [], address=_address(environment), progress=show)
    raise typer.Exit(print_summary(results, time.monotonic() - started, as_json=as_json))


def _address(environment: Environment) -> str | None:
    """Address of the running platform's webserver; None when it is not up."""
    from data_platform.processes import running_address

    return running_address(environment)


app.command()(new)
app.command()(remove)
