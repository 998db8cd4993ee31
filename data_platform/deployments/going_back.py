"""Bringing back what was before a deployment that succeeded: a deployment of its own, to versions that were kept."""

from data_platform.deployments.deployment import Deployment
from data_platform.deployments.errors import DeploymentError
from data_platform.deployments.ledger import Ledger
from data_platform.deployments.member import kept
from data_platform.deployments.phases import Outcome
from data_platform.deployments.request import Request
from data_platform.environment import Environment
from data_platform.gate import Holds
from data_platform.units.graphql import Webserver
from data_platform.units.location import served_version


def request_to_undo(
    environment: Environment, holds: Holds, address: str, deployment: Deployment, *, owner: str, reason: str | None
) -> Request:
    """What has to be deployed to go back to what was before a deployment.

    Raises:
        DeploymentError: it did not succeed, others came after it, a version from before it is not kept, or changesets
            would have to run again.
        QueueError: the platform does not answer.
    """
    asked = deployment.asked
    if deployment.outcome is not Outcome.SUCCEEDED:
        raise DeploymentError(
            f"deployment {deployment.id} is {deployment.state}: there is nothing to go back from",
            fix="see `dp deploy history`",
            anchor="deployments",
        )
    ledger = Ledger(holds.database)
    if asked.undoes and ledger.get(asked.undoes).changesets:
        raise DeploymentError(
            f"deployment {deployment.id} took changesets back, which would have to run again",
            fix=f"`dp deploy {' '.join(asked.units)}` with what is to be served checked out",
            anchor="deployments",
        )
    refuse_unless_latest(ledger, Webserver(address), deployment)
    units = []
    for name in asked.units:
        if name not in asked.before:
            raise DeploymentError(
                f"{name} served nothing before deployment {deployment.id}", fix="deploy what is to be served"
            )
        units.append(kept(environment, name, asked.before[name]))
    return Request(
        units=tuple(units),
        scopes=asked.units,
        owner=owner,
        reason=reason or f"back to before deployment {deployment.id}",
        link=asked.link,
        undoes=deployment.id,
    )


def refuse_unless_latest(ledger: Ledger, webserver: Webserver, deployment: Deployment) -> None:
    """Make sure that no unit serves anything else than a deployment brought, and that nothing was deployed after it.

    Raises:
        DeploymentError: another deployment came after it.
        QueueError: the platform does not answer.
    """
    latest = ledger.deployed()
    for name in deployment.asked.units:
        brought, serves = deployment.asked.after[name], served_version(webserver, name)
        if latest.get(name) != brought or serves not in (brought, None):  # None: it does not load any more
            raise DeploymentError(
                f"{name} serves {serves or 'nothing'}, which is not what deployment {deployment.id} brought",
                fix="go back from the latest deployment first: see `dp deploy history`",
                anchor="deployments",
            )
