"""What a deployment changes while nothing runs: schema, then code, then a look whether it works; and taking it back."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from data_platform.dbt.graph import read_graph
from data_platform.deployments.code_change import CodeChange
from data_platform.deployments.errors import DeploymentError
from data_platform.deployments.member import Member
from data_platform.deployments.schema_change import SchemaChange, schema_target, take_back
from data_platform.deployments.smoke import Smoke, run_smoke
from data_platform.errors import DataPlatformError
from data_platform.units.graphql import Webserver


class Change:
    """The change of one deployment. Each step may be done again, by another process, too.

    Args:
        allow: lint findings consented to.
        fence: raises when the deployment must not go on; called before each step.
        tell: is given a line for each thing that happens.
    """

    def __init__(
        self,
        webserver: Webserver,
        members: Sequence[Member],
        *,
        allow: frozenset[str],
        fence: Callable[[], None],
        tell: Callable[[str], None],
    ) -> None:
        self.webserver, self.members, self.allow, self.fence, self.tell = webserver, members, allow, fence, tell
        targets = {member.name: schema_target(member.unit) for member in members if member.undone is None}
        self.schemas = {name: SchemaChange(target) for name, target in targets.items() if target}
        self.undoing = False
        self.code = CodeChange(webserver, members, fence=fence, tell=tell)

    @property
    def has_begun(self) -> bool:
        """Whether anything is not as it was."""
        return (
            bool(self.code.switched)
            or self.undoing
            or any(change.recorded or change.final for change in self.schemas.values())
        )

    @property
    def changesets(self) -> dict[str, list[str]]:
        """What ran, by unit, oldest first."""
        return {
            unit: [str(each) for each in change.recorded] for unit, change in self.schemas.items() if change.recorded
        }

    def intent(self) -> dict[str, Any]:
        """What is to happen to schemas, by unit; see `SchemaChange.intent`."""
        return {unit: change.intent() for unit, change in self.schemas.items()}

    def recover(self, intended: Mapping[str, Any]) -> None:
        """Find out what a deployer that died has done.

        Raises:
            SchemaError: a database cannot be reached.
        """
        for unit, change in self.schemas.items():
            if unit in intended:
                change.recover(intended[unit])
        self.undoing = any(member.undone for member in self.members)
        self.code.recover()

    def deploy_schema(self) -> None:
        """Run the changesets of the units' `schema/` folders; or take back those that are to be undone.

        Raises:
            SchemaError: one failed.
            DeploymentError: they cannot be taken back.
        """
        for change in self.schemas.values():
            change.deploy(allow=self.allow, fence=self.fence, tell=self.tell)
        for member in self.members:
            if member.undone and (target := schema_target(member.undone[0])):
                self.undoing = self.undoing or bool(member.undone[1])
                take_back(target, list(member.undone[1]), fence=self.fence, tell=self.tell)

    def verify(self, smokes: Sequence[Smoke], limit: timedelta, exempt: Callable[[str], Mapping[str, str]]) -> None:
        """Run the smoke runs, one after the other.

        Args:
            limit: how long each may take.
            exempt: makes the tags that exempt one run of a unit from the hold on it.

        Raises:
            DeploymentError: one fails.
        """
        units = {member.name: member.unit for member in self.members}
        for smoke in smokes:
            run = run_smoke(
                *(self.webserver.address, smoke, read_graph(units[smoke.unit].project.graph_file)),
                *(exempt(smoke.unit),),
                seconds=limit.total_seconds(),
                fence=self.fence,
            )
            self.tell(f"the smoke run of {smoke} succeeded ({run})")

    def roll_back(self) -> None:
        """Take back what was done: code, then schema.

        Raises:
            DeploymentError: it cannot be taken back, or not all of it; the line names each thing.
        """
        stuck = self.code.switch_back()
        problems = list(stuck.values())
        for unit, change in reversed(self.schemas.items()):
            if unit in stuck:
                # code that expects the new schema stays: taking the schema back would break it, too
                problems += [f"the schema keeps {each}" for each in self.changesets.get(unit, ())]
            else:
                problems += _problem(partial(change.undo, fence=self.fence, tell=self.tell))
        for member in self.members if self.undoing else ():
            if member.undone and member.name not in stuck and (target := schema_target(member.undone[0])):
                again = SchemaChange(target)
                consent = frozenset({"destructive"})  # it was given when they first ran
                problems += _problem(partial(again.deploy, allow=consent, fence=self.fence, tell=self.tell))
        if problems:
            raise DeploymentError("; ".join(problems), anchor="deployments")


def _problem(step: Callable[[], None]) -> list[str]:
    try:
        step()
    except DataPlatformError as error:
        return [str(error)]
    return []
