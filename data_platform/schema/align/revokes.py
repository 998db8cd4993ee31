"""The order in which privileges are taken: a role may have passed on what it shall no longer have."""

from collections.abc import Sequence
from dataclasses import dataclass

from data_platform.schema.align.changes import Revoke
from data_platform.schema.align.desired import Origin
from data_platform.schema.align.draft import Draft, refusal


@dataclass(frozen=True, slots=True)
class PlannedRevoke:
    """A revoke, why it is needed, and the place in the files that says so."""

    revoke: Revoke
    reason: str
    origin: Origin


def passed_on_first(draft: Draft, revokes: Sequence[PlannedRevoke]) -> list[PlannedRevoke]:
    """The revokes so that what a role passed on is taken before what it passed on itself.

    Raises:
        AlignError: somebody keeps what a role passed on that shall have it no more.
    """
    ordered: list[PlannedRevoke] = []
    left = list(revokes)
    while left:
        passed_on = {(each.revoke.on, each.revoke.grantor, p) for each in left for p in each.revoke.privileges}
        free: list[PlannedRevoke] = []
        waiting: list[PlannedRevoke] = []
        for each in left:
            own = {(each.revoke.on, each.revoke.grantee, privilege) for privilege in each.revoke.privileges}
            (waiting if own & passed_on else free).append(each)
        ordered += free or waiting
        left = waiting if free else []
    _refuse_passed_on(draft, ordered)
    return ordered


def _refuse_passed_on(draft: Draft, revokes: list[PlannedRevoke]) -> None:
    """Raise when somebody keeps what a role passed on that shall have it, or the right to pass it on, no more."""
    whole = [each.revoke for each in revokes if not each.revoke.only_grant_option]
    taken = {(each.on, each.grantee, p, each.grantor) for each in whole for p in each.privileges}
    for each in revokes:
        revoke = each.revoke
        for held in draft.state.grants.on(revoke.on):
            depends = held.grantor == revoke.grantee and held.privilege in revoke.privileges
            if depends and (held.on, held.grantee, held.privilege, held.grantor) not in taken:
                raise refusal(
                    f"{held.privilege} on {revoke.on} cannot be taken from {revoke.grantee}, "
                    f"who has passed it to {held.grantee}",
                    each.origin,
                    fix=f"list {held.grantee} with what it shall have, or say `exclusive: true`",
                )
