"""Decides what a deploy does: which changesets run, which do not, and why. Pure; nothing is touched."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from data_platform.schema.changeset import Changelog, Changeset
from data_platform.schema.checksum import CURRENT_VERSION, version_of
from data_platform.schema.errors import ValidationError
from data_platform.schema.expressions import Selection
from data_platform.schema.history import History, Ran


class State(StrEnum):
    """How a changeset stands to a database."""

    NEW = "new"  # was never run here
    CHANGED = "changed"  # ran, was edited since, and has runOnChange
    ALWAYS = "always"  # has runAlways
    DEPLOYED = "deployed"
    FILTERED = "filtered"  # its contexts, labels or dbms are for something else
    IGNORED = "ignored"  # has ignore:true
    EDITED = "edited"  # ran once, was edited since: an error


RUNS = frozenset({State.NEW, State.CHANGED, State.ALWAYS})


class Step(NamedTuple):
    """What happens to one changeset, and why.

    Args:
        ran: its row in the history, if it has one.
        new_checksum: the sum to write into that row though the changeset does not run (an upgrade from version 8, or
            one that was cleared); None when the row stays as it is.
    """

    changeset: Changeset
    state: State
    reason: str
    ran: Ran | None = None
    new_checksum: str | None = None

    @property
    def runs(self) -> bool:
        """Whether a deploy runs it."""
        return self.state in RUNS

    @property
    def exectype(self) -> str:
        """What the history will say of it once it has run."""
        return "RERAN" if self.ran else "EXECUTED"


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
    meant = [each for each in changelog.changesets if not each.ignore and _filtered(each, selection) is None]
    refuse_duplicates(meant)
    steps = tuple(
        _step(changeset, history.of(changeset), selection) for changeset in in_run_order(changelog.changesets)
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


def _step(changeset: Changeset, ran: Ran | None, selection: Selection) -> Step:
    if changeset.ignore:
        return Step(changeset, State.IGNORED, "it has ignore:true", ran)
    if reason := _filtered(changeset, selection):
        return Step(changeset, State.FILTERED, reason, ran)
    if ran is None:
        return Step(changeset, State.NEW, "it has not run here")
    if changeset.run_always:
        return Step(changeset, State.ALWAYS, "it has runAlways:true", ran)
    return _compared(changeset, ran)


def _compared(changeset: Changeset, ran: Ran) -> Step:
    """What becomes of a changeset that ran, by its checksum then and now."""
    if ran.checksum is None:
        return Step(
            changeset, State.DEPLOYED, "its checksum was cleared: it is taken as it is", ran, changeset.checksum
        )
    version = version_of(ran.checksum)
    current = changeset.checksums(version or 0)
    if ran.checksum in current:
        newer = changeset.checksum if version != CURRENT_VERSION else None
        return Step(changeset, State.DEPLOYED, "it ran and is unchanged", ran, newer)
    if changeset.run_on_change:
        return Step(changeset, State.CHANGED, "it was edited and has runOnChange:true", ran)
    if _accepted(ran.checksum, changeset.valid_checksums):
        return Step(changeset, State.DEPLOYED, "it was edited, and its validCheckSum accepts the sum it had", ran)
    was = f"was: {ran.checksum} but is now: {current[0] if current else changeset.checksum}"
    if not current:
        was += f" (checksums of version {version} are not supported)"
    return Step(changeset, State.EDITED, was, ran)


def _filtered(changeset: Changeset, selection: Selection) -> str | None:
    if not selection.takes_contexts(changeset.contexts):
        given = ", ".join(selection.contexts) or "none"
        return f"its context {changeset.contexts} does not match the contexts given ({given})"
    if not selection.takes_labels(changeset.labels):
        return f"its labels {', '.join(changeset.labels)} do not match {selection.labels!r}"
    if not selection.takes_dbms(changeset.dbms):
        return f"its dbms {','.join(changeset.dbms)} does not cover {selection.dbms}"
    return None


def _accepted(stored: str, valid: Iterable[str]) -> bool:
    return any(each == stored or each.lower() in ("any", "1:any") for each in valid)


def _several(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
