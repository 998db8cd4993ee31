"""The schema's part of a deployment: what would run, running it, and taking back exactly that."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

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
Tell = Callable[[str], None]


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
    """What a deployment does to one unit's schema.

    Attributes:
        target: changelog of the version that is deployed, and the warehouse.
        recorded: changesets whose rows it wrote, in that order.
        final: what it did that cannot be taken back, in words.
    """

    target: Target
    recorded: list[Identity] = field(default_factory=list)
    final: list[str] = field(default_factory=list)

    def intent(self) -> dict[str, Any]:
        """What is to run, to be noted before it does: another process can tell from it what was done.

        Returns:
            `after` (orderexecuted of the last changeset that has run), `changesets` (what is to run), `again` (those of
            them that have run before).

        Raises:
            SchemaError: the changelog is wrong, or the database cannot be reached.
        """
        with opened(self.target) as it:
            history = it.database.history()
            plan = make_plan(it.changelog, history, it.selection)
        return {
            "after": max((row.order for row in history.rows), default=0),
            "changesets": [str(step.changeset.identity) for step in plan.to_run],
            "again": [str(step.changeset.identity) for step in plan.to_run if step.ran],
        }

    def recover(self, intent: dict[str, Any]) -> None:
        """Find out what was done by a deployer that died.

        Raises:
            SchemaError: the changelog is wrong, or the database cannot be reached.
        """
        with opened(self.target) as it:
            history, notes = it.database.history(), it.database.notes()
            plan = make_plan(it.changelog, history, it.selection)
        since = sorted((row for row in history.rows if row.order > intent["after"]), key=lambda row: row.order)
        self.recorded = [row.identity for row in since]
        strangers = [str(each) for each in self.recorded if str(each) not in intent["changesets"]]
        again = [str(each) for each in self.recorded if str(each) in intent["again"]]
        half = [
            str(step.changeset.identity)
            for step in plan.to_run
            if (note := notes.get(step.changeset.identity)) and note.progress
        ]
        self.final = [f"{each} has run since, and is not of this deployment" for each in strangers]
        self.final += [f"{each} ran again, over what it had done before" for each in again]
        self.final += [f"{each} ran half-way, outside a transaction" for each in half]

    def deploy(self, *, allow: frozenset[str], fence: Callable[[], None], tell: Tell) -> None:
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

    def undo(self, *, fence: Callable[[], None], tell: Tell) -> None:
        """Take back what `deploy` ran, all of it or nothing.

        Raises:
            DeploymentError: it cannot be taken back; nothing was.
            SchemaError: a rollback failed.
        """
        if self.final:
            raise _stays(self.target, "; ".join(self.final))
        take_back(self.target, [str(each) for each in self.recorded], fence=fence, tell=tell)


def take_back(target: Target, changesets: list[str], *, fence: Callable[[], None], tell: Tell) -> None:
    """Take back the changesets that ran last, all of them or none; those that are not there any more count as done.

    Args:
        changesets: as `file::id::author`, oldest first.

    Raises:
        DeploymentError: others have run since; nothing was taken back.
        SchemaError: one has no rollback (then nothing was taken back), or a rollback failed.
    """
    with opened(target) as it:
        history = it.database.history()
        there = {str(row.identity) for row in history.rows}
        left = [each for each in changesets if each in there]
        if not left:
            return
        until = Until(count=len(left))
        planned = plan_rollback(it.changelog, history, until)
        if [str(undo.ran.identity) for undo in planned] != left[::-1]:
            raise _stays(target, "other changesets have run since")
        options = RollbackOptions(tell=lambda line: tell(f"schema: {line}"), fence=fence)
        rollback(it.database, it.changelog, until, options)


def _stays(target: Target, why: str) -> DeploymentError:
    return DeploymentError(f"the schema of {target.unit} cannot be rolled back: {why}", anchor="deployments")
