"""Whom `dp deploy` tells what becomes of deployments: Dagster."""

import os
import sys
from typing import TYPE_CHECKING

from data_platform.environment import Environment

if TYPE_CHECKING:
    from data_platform.deployments.deployment import Deployment
    from data_platform.deployments.ledger import Ledger
    from data_platform.deployments.telling import Event, Telling
    from data_platform.gate import Holds


def telling_of(environment: Environment, holds: "Holds") -> "Telling":
    """Tells Dagster; what cannot be told is said on standard error."""
    from data_platform.deployments.telling import Listener, Telling

    return Telling(
        holds.database,
        [Listener("Dagster", lambda event, deployment: _tell_dagster(environment, event, deployment))],
        failed=lambda line: print(line, file=sys.stderr, flush=True),
    )


def ledger_of(telling: "Telling") -> "Ledger":
    """The ledger, brought up to date: dead deployments have ended, and others were told what became of all."""
    from data_platform.deployments.ledger import Ledger

    ledger = Ledger(telling.database)
    ledger.end_dead()
    telling.tell_untold()
    return ledger


def _tell_dagster(environment: Environment, event: "Event", deployment: "Deployment") -> None:
    """What has finished is reported, and what was abandoned; Dagster is loaded only for these."""
    from data_platform.deployments.telling import Event

    if event is not Event.FINISHED and not (event is Event.NEEDS_A_PERSON and deployment.outcome is None):
        return
    os.environ.setdefault("DAGSTER_HOME", str(environment.dagster_home))
    from dagster import DagsterInstance

    from data_platform.deployments.assets import report

    with DagsterInstance.get() as instance:
        report(instance, deployment)
