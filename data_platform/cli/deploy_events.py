"""Whom `dp deploy` tells what becomes of deployments: the operator's hook, and Dagster."""

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
    """Tells the hook, where there is one, and Dagster; what cannot be told is said on standard error."""
    from data_platform.deployments.hook import HOOK_VARIABLE, run_hook
    from data_platform.deployments.telling import Listener, Telling

    listeners = [Listener("Dagster", lambda event, deployment: _tell_dagster(environment, event, deployment))]
    if program := os.environ.get(HOOK_VARIABLE):
        # the first: it may have to wake a person
        listeners.insert(0, Listener("the hook", lambda event, deployment: run_hook(program, event, deployment)))
    return Telling(holds.database, listeners, failed=lambda line: print(line, file=sys.stderr, flush=True))


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
