"""Rollbacks that refer to other changesets."""

from collections.abc import Sequence

from data_platform.schema.changeset import Changeset
from data_platform.schema.errors import ChangelogError


def check_references(changesets: Sequence[Changeset]) -> None:
    """Raise when a rollback refers to a changeset that the changelog does not have.

    Raises:
        ChangelogError: with file and line of the changeset whose rollback it is.
    """
    known = {changeset.identity for changeset in changesets}
    for changeset in changesets:
        rollback = changeset.rollback
        if rollback and rollback.reference and rollback.reference not in known:
            raise ChangelogError(
                f"the rollback of {changeset.identity} refers to {rollback.reference}, which does not exist",
                where=changeset.source,
                line=changeset.line,
                fix="name a changeset of this changelog; add changesetPath if it is in another file",
                anchor="changelogs",
            )
