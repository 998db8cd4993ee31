"""Decides what becomes of one changeset in a deploy, and why. Pure; nothing is touched."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from data_platform.schema.changeset import Changeset
from data_platform.schema.checksum import CURRENT_VERSION, version_of
from data_platform.schema.expressions import Selection
from data_platform.schema.history import Ran


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


def step_of(changeset: Changeset, ran: Ran | None, selection: Selection) -> Step:
    """What becomes of a changeset.

    Args:
        ran: its row in the history, if it has one.
    """
    if changeset.ignore:
        return Step(changeset, State.IGNORED, "it has ignore:true", ran)
    if reason := filtered(changeset, selection):
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


def filtered(changeset: Changeset, selection: Selection) -> str | None:
    """Why a changeset is not meant for this; None if it is."""
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
