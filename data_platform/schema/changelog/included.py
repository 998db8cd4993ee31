"""Conditions that hold for all changesets below an include."""

from dataclasses import dataclass, replace
from pathlib import Path

from data_platform.schema.changeset import Changeset
from data_platform.schema.expressions import both, recorded_contexts, recorded_labels


@dataclass(frozen=True, slots=True)
class Included:
    """What an include adds to everything below it."""

    contexts: str | None = None
    labels: tuple[str, ...] = ()
    ignore: bool = False

    def within(self, contexts: str | None, labels: str | None, ignore: bool, source: Path, line: int) -> "Included":
        """The same, with what a further include says."""
        own = recorded_contexts(contexts, source, line) if contexts else None
        return Included(
            both(self.contexts, own),
            tuple(dict.fromkeys((*self.labels, *recorded_labels(labels or "")))),
            self.ignore or ignore,
        )

    def applied(self, changeset: Changeset) -> Changeset:
        """The changeset as it counts below this include."""
        if not (self.contexts or self.labels or self.ignore):
            return changeset
        return replace(
            changeset,
            contexts=both(self.contexts, changeset.contexts),
            labels=tuple(dict.fromkeys((*self.labels, *changeset.labels))),
            ignore=self.ignore or changeset.ignore,
        )
