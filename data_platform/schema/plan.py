"""Decides what a deploy does: which changesets run, which do not, and why. Pure; nothing is touched."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from data_platform.schema.changeset import Changelog, Changeset
from data_platform.schema.errors import ValidationError
from data_platform.schema.expressions import Selection
from data_platform.schema.history import History, Ran
from data_platform.schema.step import State, Step, filtered, step_of


@dataclass(frozen=True)
class Plan:
    """What a deploy will do, changeset by changeset, in the order in which they run.

    Args:
        unknown: rows of the history that no changeset of the changelog has.
    """

    steps: tuple[Step, ...]
    unknown: tuple[Ran, ...] = ()

    @property
    def to_run(self) -> list[Step]:
        """The steps that run."""
        return [step for step in self.steps if step.runs]

    @property
    def to_upgrade(self) -> list[Step]:
        """The steps whose stored checksum is rewritten without running them."""
        return [step for step in self.steps if step.new_checksum]

    @property
    def edited(self) -> list[Step]:
        """Changesets that were edited after they ran: with one of these nothing may be deployed."""
        return [step for step in self.steps if step.state is State.EDITED]

    @property
    def counts(self) -> Counter[State]:
        """Changesets by state."""
        return Counter(step.state for step in self.steps)


def make_plan(changelog: Changelog, history: History, selection: Selection) -> Plan:
    """Compare a changelog with a database's history.

    Raises:
        ValidationError: two changesets that are both meant for this have the same identity, or one that differs in
            case only.
    """
    meant = [each for each in changelog.changesets if not each.ignore and filtered(each, selection) is None]
    refuse_duplicates(meant)
    steps = tuple(
        step_of(changeset, history.of(changeset), selection) for changeset in in_run_order(changelog.changesets)
    )
    return Plan(steps, tuple(history.unknown_to(changelog.changesets)))


def refuse_edits(plan: Plan) -> None:
    """Raise unless every deployed changeset is still what it was.

    Raises:
        ValidationError: names each edited changeset with the sum it had and the sum it has.
    """
    edited = plan.edited
    if not edited:
        return
    first = edited[0].changeset
    raise ValidationError(
        f"{_several(len(edited), 'changeset was', 'changesets were')} edited after they ran: "
        + "; ".join(f"{step.changeset.identity} {step.reason}" for step in edited),
        where=first.source,
        line=first.line,
        fix="undo the edit and add a new changeset, or accept the old sum with --validCheckSum",
        anchor="edited-changesets",
    )


def in_run_order(changesets: Sequence[Changeset]) -> list[Changeset]:
    """Those with `runOrder: first` before, those with `last` after all others; else as they are."""
    rank = {"first": 0, "last": 2}
    return sorted(changesets, key=lambda changeset: rank.get(changeset.run_order or "", 1))


def refuse_duplicates(changesets: Iterable[Changeset]) -> None:
    """Raise when two changesets cannot be told apart.

    Raises:
        ValidationError: with both places.
    """
    seen: dict[tuple[str, str, str], Changeset] = {}
    for changeset in changesets:
        identity = changeset.identity
        key = (identity.file.lower(), identity.id.lower(), identity.author.lower())
        other = seen.setdefault(key, changeset)
        if other is changeset:
            continue
        same = other.identity == identity
        raise ValidationError(
            f"changeset {identity} is there twice, first in {other.source}:{other.line}"
            if same
            else f"changesets {other.identity} and {identity} differ in case only",
            where=changeset.source,
            line=changeset.line,
            fix="give one of them another id"
            if same
            else "give one of them another id: Liquibase runs the second one and does not record it",
            anchor="duplicate-changesets",
        )


def _several(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
