"""`dp deploy`: bring units to the version on disk while the platform runs, without interrupting a run."""

from typing import Any

import typer
from typer.core import TyperGroup

# commands in the order of the help, and the module each is in
COMMANDS = {
    "run": "data_platform.cli.deploy_running",
    "history": "data_platform.cli.deploy_ledger",
    "show": "data_platform.cli.deploy_ledger",
    "status": "data_platform.cli.deploy_ledger",
    "resume": "data_platform.cli.deploy_settling",
    "rollback": "data_platform.cli.deploy_settling",
    "checkout": "data_platform.cli.deploy_settling",
}


class _Deploy(TyperGroup):
    """`dp deploy fleet` is `dp deploy run fleet`."""

    default = "run"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = [self.default, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Deploy, help="Deploy units to the running platform without interrupting a run. `run` may be left out."
)
