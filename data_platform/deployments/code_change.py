"""Which version the units' code servers serve: switching a deployment's, and taking that back."""

from collections.abc import Callable, Sequence
from contextlib import closing

from data_platform.deployments.errors import DeploymentError
from data_platform.deployments.member import Member
from data_platform.deployments.served import load_all_anew
from data_platform.errors import DataPlatformError
from data_platform.units.graphql import Webserver
from data_platform.units.versions import UnitVersions


class CodeChange:
    """The versions of a deployment's units. Each step may be done again, by another process, too.

    Args:
        fence: raises when the deployment must not go on.
        tell: is given a line for each thing that happens.

    Attributes:
        switched: units whose link was moved, in order.
    """

    def __init__(
        self, webserver: Webserver, members: Sequence[Member], *, fence: Callable[[], None], tell: Callable[[str], None]
    ) -> None:
        self.webserver, self.members, self.fence, self.tell = webserver, members, fence, tell
        self.switched: list[Member] = []

    def recover(self) -> None:
        """Find out what a deployer that died has done."""
        self.switched = [member for member in self.members if _versions(member).pinned == member.version]

    def switch(self) -> None:
        """Have the code servers load the new version, several at once.

        Raises:
            DeploymentError: a unit does not load, or serves another version; the others are not waited for.
        """
        self.fence()
        for member in self.members:
            if member not in self.switched:
                self.switched.append(member)
            _versions(member).serve(member.version)
        versions = {member.name: member.version for member in self.members}
        with closing(load_all_anew(self.webserver, versions)) as loads:
            for unit, problem in loads:
                if problem:
                    raise problem
                self.fence()
                self.tell(f"{unit} serves {versions[unit]}")

    def switch_back(self) -> dict[str, str]:
        """Have the code servers load what they served before; returns why one does not, by unit."""
        before: dict[str, str] = {}
        stuck: dict[str, str] = {}
        for member in reversed(self.switched):
            try:
                self.fence()
                before[member.name] = _point_back(member)
            except DataPlatformError as error:
                stuck[member.name] = str(error)
        with closing(load_all_anew(self.webserver, before)) as loads:
            for unit, problem in loads:
                if problem:
                    stuck[unit] = str(problem)
                else:
                    self.tell(f"{unit} serves {before[unit]} again")
        return stuck


def _point_back(member: Member) -> str:
    versions, before = _versions(member), member.before
    if before is None:
        raise DeploymentError(f"{member.name} served nothing before, so it stays at {member.version}")
    if versions.find(before) is None:
        raise DeploymentError(
            f"{member.name} cannot go back: version {before} was loaded from the checkout, and was not kept"
        )
    versions.serve(before)
    return before


def _versions(member: Member) -> UnitVersions:
    return UnitVersions(member.unit.environment, member.name)
