"""`dp unit new` and `dp unit remove`."""

from typing import Annotated

import typer

from data_platform.environment import Environment, current_environment


def new(
    name: Annotated[str, typer.Argument(help="Name of the unit: a lower-case identifier.")],
    dbt_repo: Annotated[
        str | None,
        typer.Option(
            help="Git address of an existing dbt project: a submodule. `#folder` at its end where it is not at the top."
        ),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Name for people.")] = None,
    owner: Annotated[str | None, typer.Option(help="E-mail address or team:<name>.")] = None,
) -> None:
    """Add a unit that loads, builds and passes its checks at once.

    [bold]Examples:[/bold] dp unit new sales --owner sales@example.org

    dp unit new finance --dbt-repo git@gitlab.example.org:finance/dbt.git
    """
    from data_platform.units.compose import FILE
    from data_platform.units.scaffold import new_unit

    environment = current_environment()
    made = new_unit(environment, name, dbt_repo=dbt_repo, title=title, owner=owner)
    for folder in made:
        typer.echo(f"made {folder}")
    _refresh(environment)
    changed = [".gitmodules", *map(str, made), "dagster_home/workspace.yaml", FILE]
    typer.echo(f"commit it: git add {' '.join(path for path in changed if (environment.root / path).exists())}")
    typer.echo(f"next: `dp unit build {name}`, then edit code_locations/{name}/unit.yaml")


def remove(
    name: Annotated[str, typer.Argument(help="Name of the unit.")],
    force: Annotated[bool, typer.Option("--force", help="Even if work would be lost that git does not have.")] = False,
) -> None:
    """Remove a unit; refused while another one reads it. Its data stays where it is.

    [bold]Example:[/bold] dp unit remove sales
    """
    from data_platform.units.removal import remove_unit

    environment = current_environment()
    remove_unit(environment, name, force=force)
    typer.echo(f"removed {name}; its data stays: {environment.duckdb_file(name)}, and in the storage")
    _refresh(environment)


def _refresh(environment: Environment) -> None:
    """Let a running platform take up what changed in the workspace."""
    from data_platform.processes import refresh

    if refresh(environment):
        typer.echo("the running platform has taken it up")
