"""A unit's part in a deployment: the version it is brought to, and the one it is brought back to."""

from dataclasses import dataclass

from data_platform.deployments.deployment import Deployment
from data_platform.deployments.errors import DeploymentError
from data_platform.environment import Environment
from data_platform.units.unit import Unit
from data_platform.units.versions import UnitVersions


@dataclass(frozen=True)
class Member:
    """A unit's part in a deployment.

    Attributes:
        unit: in the folder of the version it is brought to.
        before: version that was served; None when the unit did not load, or was not served.
        undone: the unit at the version whose changesets are taken back, and these, oldest first; None when the
            deployment runs changesets, as most do.
    """

    unit: Unit
    before: str | None
    undone: tuple[Unit, tuple[str, ...]] | None = None

    @property
    def name(self) -> str:
        """The unit's name."""
        return self.unit.card.name

    @property
    def version(self) -> str:
        """The version it is brought to."""
        return self.unit.root.name


def members_of(environment: Environment, deployment: Deployment, undoes: Deployment | None) -> list[Member]:
    """The members of a deployment that is in the ledger.

    Args:
        undoes: the deployment that it brings back, if it is one that does.

    Raises:
        DeploymentError: a version's folder is gone.
    """
    members = []
    for name in deployment.asked.units:
        unit = kept(environment, name, deployment.asked.after[name])
        undone = None
        if undoes is not None:
            newer = kept(environment, name, undoes.asked.after[name])
            undone = newer, tuple(undoes.changesets.get(name, ()))
        members.append(Member(unit, deployment.asked.before.get(name), undone))
    return members


def kept(environment: Environment, name: str, version: str) -> Unit:
    """A unit at a version that was kept.

    Raises:
        DeploymentError: its folder is gone.
    """
    found = UnitVersions(environment, name).find(version)
    if found is None:
        raise DeploymentError(
            f"version {version} of {name} is not kept on this machine",
            fix="check that version out, and deploy it",
            anchor="deployments",
        )
    return found
