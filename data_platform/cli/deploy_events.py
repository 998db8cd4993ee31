"""How `dp deploy` tells what becomes of deployments."""

from typing import TYPE_CHECKING

from data_platform.cli.caller import tell
from data_platform.environment import Environment

if TYPE_CHECKING:
    from data_platform.deployments.ledger import Ledger
    from data_platform.deployments.telling import Telling
    from data_platform.gate import Holds


def telling_of(environment: Environment, holds: "Holds") -> "Telling":
    """Tells the hook, where there is one, and Dagster; what cannot be told is said on standard error."""
    from data_platform.deployments.listeners import listeners_of
    from data_platform.deployments.telling import Telling

    return Telling(
        holds.database,
        listeners_of(environment),
        failed=tell,
    )


def ledger_of(telling: "Telling") -> "Ledger":
    """The ledger, brought up to date, and others told."""
    from data_platform.deployments import listeners

    return listeners.ledger_of(telling)
