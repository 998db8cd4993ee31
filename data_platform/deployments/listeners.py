"""Who is told what becomes of deployments: the operator's hook, and Dagster."""

import os

from data_platform.deployments.deployment import Deployment
from data_platform.deployments.hook import HOOK_VARIABLE, run_hook
from data_platform.deployments.ledger import Ledger
from data_platform.deployments.telling import Event, Listener, Telling
from data_platform.environment import Environment


def listeners_of(environment: Environment) -> list[Listener]:
    """The hook, where this process knows of one, and Dagster."""
    listeners = [Listener("Dagster", lambda event, deployment: _tell_dagster(environment, event, deployment))]
    if program := os.environ.get(HOOK_VARIABLE):
        # the first: it may have to wake a person
        listeners.insert(0, Listener("the hook", lambda event, deployment: run_hook(program, event, deployment)))
    return listeners


def ledger_of(telling: Telling) -> Ledger:
    """The ledger, brought up to date: dead deployments have ended, and others were told what became of all."""
    ledger = Ledger(telling.database)
    ledger.end_dead()
    telling.tell_untold()
    return ledger


def _tell_dagster(environment: Environment, event: Event, deployment: Deployment) -> None:
    """What has finished is reported, and what was abandoned; Dagster is loaded only for these."""
    if event is not Event.FINISHED and not (event is Event.NEEDS_A_PERSON and deployment.outcome is None):
        return
    os.environ.setdefault("DAGSTER_HOME", str(environment.dagster_home))
    from data_platform.deployments.assets import report_to_dagster

    report_to_dagster(deployment)
