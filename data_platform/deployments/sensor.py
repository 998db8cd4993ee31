"""The room's watch in Dagster: tells what a dead deployer cannot, without anybody's command."""

import dagster as dg

_SECONDS = 30


@dg.sensor(
    minimum_interval_seconds=_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Ends deployments whose deployer died before it changed anything, and has the hook and Dagster told what became"
        " of deployments and was not told yet: above all, that one was abandoned and needs a person."
    ),
)
def deployments_watch(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Look at the ledger once.

    Raises:
        DeploymentError: somebody could not be told; the next look tries again, for a day.
    """
    # a code server is loaded without the ledger
    from data_platform.deployments.errors import DeploymentError
    from data_platform.deployments.listeners import ledger_of, listeners_of
    from data_platform.deployments.telling import Telling
    from data_platform.environment import current_environment
    from data_platform.gate.instance import holds_of

    failures: list[str] = []
    telling = Telling(holds_of(context.instance).database, listeners_of(current_environment()), failed=failures.append)
    open_ones = ledger_of(telling).unsettled()
    if failures:
        raise DeploymentError("; ".join(failures), anchor="deployments")
    left = [str(each.id) for each in open_ones if each.needs_a_person]
    return dg.SkipReason(
        f"deployments {', '.join(left)} need a person: `dp deploy status`" if left else "no deployment needs a person"
    )
