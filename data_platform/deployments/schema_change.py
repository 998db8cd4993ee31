"""The schema's part of a deployment: what would run, running it, and taking back exactly that."""

from collections.abc import Callable
from dataclasses import dataclass, field

from data_platform.deployments.errors import DeploymentError
from data_platform.schema.changes import Sql
from data_platform.schema.changeset import Changeset, Identity
from data_platform.schema.deploying import deploy_target
from data_platform.schema.events import Event, Kind
from data_platform.schema.opening import opened
from data_platform.schema.plan import make_plan
from data_platform.schema.rollback import RollbackOptions, rollback
from data_platform.schema.rollback_plan import Until, plan_rollback
from data_platform.schema.target import Target, changelog_target
from data_platform.units.unit import Unit

_RECORDED = frozenset({Kind.RAN, Kind.MARKED})


def schema_target(unit: Unit) -> Target | None:
    """The changelog of a unit and its warehouse; None when it has no `schema/` folder."""
    return changelog_target(unit) if unit.schema_key else None


def pending(target: Target) -> tuple[list[str], list[str]]:
    """Changesets that would run, and those of them that could not be taken back.

    Raises:
        SchemaError: the changelog is wrong, or the database cannot be reached.
    """
    with opened(target) as it:
        steps = make_plan(it.changelog, it.database.history(), it.selection).to_run
    without = [step for step in steps if step.ran or not _can_be_undone(step.changeset)]
    return [str(step.changeset.identity) for step in steps], [str(step.changeset.identity) for step in without]


def _can_be_undone(changeset: Changeset) -> bool:
    return changeset.rollback is not None or not any(isinstance(change, Sql) for change in changeset.changes)


@dataclass
class SchemaChange:
    """What a deployment did to one unit's schema.

    Attributes:
        recorded: changesets whose rows it wrote, in that order.
        final: what it did that cannot be taken back, in words.
    """

    target: Target
    recorded: list[Identity] = field(default_factory=list)
    final: list[str] = field(default_factory=list)

    def deploy(self, *, allow: frozenset[str], fence: Callable[[], None], tell: Callable[[str], None]) -> None:
        """Run what has not run yet.

        Raises:
            SchemaError: it failed; `recorded` says what ran before.
        """

        def take_down(event: Event) -> None:
            if event.step and event.kind in _RECORDED:
                identity = event.step.changeset.identity
                self.recorded.append(identity)
                if event.step.ran:
                    self.final.append(f"{identity} ran again, over what it had done before")
            if event.step and event.kind == Kind.FAILED and not event.step.changeset.run_in_transaction:
                self.final.append(f"{event.step.changeset.identity} failed half-way, outside a transaction")
            if event.kind != Kind.RUNNING:
                tell(f"schema: {event}")

        deploy_target(self.target, allow=allow, fence=fence, tell=take_down)

    def undo(self, *, fence: Callable[[], None], tell: Callable[[str], None]) -> None:
        """Take back what `deploy` ran, all of it or nothing.

        Raises:
            DeploymentError: it cannot be taken back; nothing was.
            SchemaError: a rollback failed.
        """
        if self.final:
            raise self._stays("; ".join(self.final))
        if not self.recorded:
            return
        until = Until(count=len(self.recorded))
        with opened(self.target) as it:
            planned = plan_rollback(it.changelog, it.database.history(), until)
            if [undo.changeset.identity for undo in planned] != self.recorded[::-1]:
                raise self._stays("other changesets have run since")
            rollback(
                it.database,
                it.changelog,
                until,
                RollbackOptions(tell=lambda line: tell(f"schema: {line}"), fence=fence),
            )

    def _stays(self, why: str) -> DeploymentError:
        return DeploymentError(f"the schema of {self.target.unit} cannot be rolled back: {why}", anchor="deployments")
