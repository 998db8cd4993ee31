"""What a deployment changes while nothing runs: schema, then code, then a look whether it works; and taking it back."""

from collections.abc import Callable, Mapping, Sequence

from data_platform.dbt.prepare import prepare
from data_platform.deployments.errors import DeploymentError
from data_platform.deployments.request import Request
from data_platform.deployments.schema_change import SchemaChange, schema_target
from data_platform.deployments.served import load_anew
from data_platform.deployments.smoke import run_smoke
from data_platform.deployments.validation import Validated
from data_platform.units.graphql import Webserver


class Change:
    """The change of one deployment.

    Args:
        fence: raises when the deployment must not go on; called before each step.
        tell: is given a line for each thing that happens.
    """

    def __init__(
        self, webserver: Webserver, request: Request, *, fence: Callable[[], None], tell: Callable[[str], None]
    ) -> None:
        self.webserver, self.request, self.fence, self.tell = webserver, request, fence, tell
        self.schemas: dict[str, SchemaChange] = {}
        self.switched = False

    @property
    def has_begun(self) -> bool:
        """Whether anything is not as it was."""
        return self.switched or any(change.recorded or change.final for change in self.schemas.values())

    @property
    def changesets(self) -> dict[str, list[str]]:
        """What ran, by unit, oldest first."""
        return {
            unit: [str(each) for each in change.recorded] for unit, change in self.schemas.items() if change.recorded
        }

    def deploy_schema(self) -> None:
        """Run the changesets of the units' `schema/` folders.

        Raises:
            SchemaError: one failed.
        """
        for unit in self.request.units:
            target = schema_target(unit)
            if target is not None:
                change = self.schemas[unit.card.name] = SchemaChange(target)
                change.deploy(allow=self.request.allow, fence=self.fence, tell=self.tell)

    def switch(self, validated: Sequence[Validated]) -> None:
        """Prepare the dbt projects, and have the code servers load the new version.

        Raises:
            DbtError: a project cannot be prepared.
            DeploymentError: a unit does not load, or serves another version.
        """
        self.fence()
        self.switched = True
        for error in prepare([found.unit.project for found in validated]).values():
            raise error
        for found in validated:
            self.fence()
            load_anew(self.webserver, found.unit.card.name, found.version)
            self.tell(f"{found.unit.card.name} serves {found.version}")

    def verify(self, validated: Sequence[Validated], exempt: Callable[[str], Mapping[str, str]]) -> None:
        """Run the smoke runs, one after the other.

        Args:
            exempt: makes the tags that exempt one run of a unit from the hold on it.

        Raises:
            DeploymentError: one fails.
        """
        graphs = {found.unit.card.name: found.graph for found in validated}
        for smoke in self.request.smoke:
            run = run_smoke(
                *(self.webserver.address, smoke, graphs[smoke.unit], exempt(smoke.unit)),
                seconds=self.request.smoke_limit.total_seconds(),
                fence=self.fence,
            )
            self.tell(f"the smoke run of {smoke} succeeded ({run})")

    def roll_back(self) -> None:
        """Take back what was done.

        Raises:
            DeploymentError: it cannot be taken back, or not all of it.
            SchemaError: a rollback failed.
        """
        if self.switched:
            # code that expects the new schema stays: taking the schema back would break it, too
            kept = [each for changesets in self.changesets.values() for each in changesets]
            stays = f"; the schema keeps {', '.join(kept)}" if kept else ""
            raise DeploymentError(
                f"the code cannot be rolled back, since the folder holds the new version only{stays}",
                anchor="deployments",
            )
        for change in reversed(self.schemas.values()):
            change.undo(fence=self.fence, tell=self.tell)
