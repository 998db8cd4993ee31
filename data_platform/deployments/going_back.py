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
        DeploymentError: it did not succeed, others came after it, or a version from before it is not kept.
        QueueError: the platform does not answer.
    """
    asked = deployment.asked
    if deployment.outcome is not Outcome.SUCCEEDED:
        raise DeploymentError(
            f"deployment {deployment.id} is {deployment.state}: there is nothing to go back from",
            fix="see `dp deploy history`",
            anchor="deployments",
        )
    latest = Ledger(holds.database).deployed()
    webserver = Webserver(address)
    units = []
    for name in asked.units:
        serves = served_version(webserver, name)
        if asked.after[name] not in (serves, None) or latest.get(name) != asked.after[name]:
            raise DeploymentError(
                f"{name} serves {serves or 'nothing'}, which is not what deployment {deployment.id} brought",
                fix="go back from the latest deployment first: see `dp deploy history`",
                anchor="deployments",
            )
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
