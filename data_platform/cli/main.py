"""The command `dp`: parse, call the core, print. Errors are one line; a traceback is a bug."""

import gc
import importlib
import sys
import warnings
from collections.abc import Sequence
from typing import Annotated

import click
import typer

from data_platform.cli.output import nobody_reads
from data_platform.errors import DataPlatformError, UsageError

# commands of commands, by name; imported when they are asked for, since starting up is most of what a quick one takes
ROOMS = {
    "container": "data_platform.cli.container",
    "deploy": "data_platform.cli.deploy",
    "hold": "data_platform.cli.hold",
    "schema": "data_platform.cli.schema",
    "unit": "data_platform.cli.unit",
}
PLATFORM_COMMANDS = ("up", "down", "status", "logs")


def application(only: Sequence[str] = ()) -> typer.Typer:
    """The command line.

    Args:
        only: the words of a call: where they begin with a room's name the application has this room alone, and of the
            room only the command that they name. Nothing gives all of it.
    """
    room, command = [*only, "", ""][:2]
    app = typer.Typer(
        name="dp",
        help="The data platform: business units, one Dagster, one delivery system.",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    if room not in ROOMS:
        platform = importlib.import_module("data_platform.cli.platform")
        for name in PLATFORM_COMMANDS:
            app.command()(getattr(platform, name))
    for name, module in ROOMS.items():
        if room == name or room not in ROOMS:
            app.add_typer(_room(module, command), name=name)
    app.callback()(_dp)
    return app


def _room(module: str, command: str) -> typer.Typer:
    room = importlib.import_module(module)
    app: typer.Typer = room.app
    commands: dict[str, str] = getattr(room, "COMMANDS", {})
    if commands:
        app.registered_commands.clear()  # of an earlier call in this process
    for name in [command] if command in commands else commands:
        app.command(name)(getattr(importlib.import_module(commands[name]), name))
    return app


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(version("data-platform"))
        raise typer.Exit


def _dp(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run `dp` with the process's arguments; exit 0 (done), 1 (failed) or 2 (called wrongly)."""
    gc.set_threshold(
        50_000
    )  # what a command makes it mostly needs until its end: looking for garbage early is idle work
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run `dp` with these arguments and return its exit code."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # what libraries say to programmers is nothing for the user
    try:
        _refuse_bytes(arguments)
        code = application(arguments)(arguments, prog_name="dp", standalone_mode=False)
    except DataPlatformError as error:
        print(f"dp: {error}", file=sys.stderr)
        return error.exit_code
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "dp"
        if not isinstance(error, click.exceptions.NoArgsIsHelpError):  # that one has printed the help
            print(f"dp: {error.format_message()} -> see `{command} --help`", file=sys.stderr)
        return 2
    except click.ClickException as error:
        print(f"dp: {error.format_message()}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, click.Abort):
        print("dp: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        nobody_reads(sys.stdout)
        return 0
    return code if isinstance(code, int) else 0


def _refuse_bytes(arguments: list[str]) -> None:
    """What a terminal gave that is no text can be neither printed nor stored."""
    for argument in arguments:
        if any("\udc80" <= letter <= "\udcff" for letter in argument):
            raise UsageError(f"the argument {argument!a} is not in UTF-8", fix="write it in UTF-8")
