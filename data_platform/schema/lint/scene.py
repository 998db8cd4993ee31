"""What a rule about statements sees: the statement, what comes after it, and which objects are new."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from data_platform.schema.changeset import Changeset
from data_platform.schema.lint.actions import Action
from data_platform.schema.lint.names import Name
from data_platform.schema.lint.objects import Known, Objects


@dataclass(frozen=True, slots=True)
class Scene:
    """One action in its place.

    Args:
        position: of the changeset in the changelog.
        later: what the same changeset does afterwards.
        pending: positions of the changesets that are not deployed; None when that is not known.
    """

    action: Action
    changeset: Changeset
    position: int
    later: Sequence[Action]
    objects: Objects
    pending: Collection[int] | None
    dialect: str

    def is_new(self, kind: str, name: Name) -> bool:
        """Whether nobody can have used the object yet: it is made by this changeset, or by one that has not run."""
        known = self.objects.get(kind, name)
        return known is not None and (known.temporary or (known.certain and self._unused(known.made_by)))

    def is_new_column(self, table: Name, column: str) -> bool:
        """The same of a column."""
        known = self.objects.table(table)
        added = known.column_made_by.get(column, -1) if known else -1
        return self.is_new("TABLE", table) or self._unused(added)

    def is_empty(self, table: Name) -> bool:
        """Whether a table can hardly have rows worth a lock: the same changelog makes it, and may not have run."""
        known = self.objects.table(table)
        if known is None or known.made_by < 0:
            return False
        return known.temporary or self.pending is None or known.made_by in self.pending

    def known(self, table: Name) -> Known | None:
        """What is known of a table."""
        return self.objects.table(table)

    def _unused(self, made_by: int) -> bool:
        return made_by == self.position or (self.pending is not None and made_by in self.pending)
