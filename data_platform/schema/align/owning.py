"""What comes with owning an object: what is granted on it when it is new, and what changes with its owner."""

from dataclasses import replace
from typing import TYPE_CHECKING

from data_platform.schema.align.actual import Held
from data_platform.schema.align.names import EVERYWHERE, PUBLIC, RELATIONS, Future, Target

if TYPE_CHECKING:
    from data_platform.schema.align.simulation import Simulation


def give_at_first(state: "Simulation", target: Target, applier: str) -> None:
    """What the database grants on a new object by itself: to everybody, and as default privileges.

    Args:
        applier: the role that makes it.
    """
    owner = state.objects[target].get("owner")
    # a view is made by who applies, and handed over; a schema is its owner's from the beginning
    maker = applier if target.kind in RELATIONS else owner
    for privilege in state.dialect.public_at_first.get(target.kind, ()):
        state.grants.add(Held(target, PUBLIC, privilege))
    on = state.dialect.grant_target(target)
    for held in state.grants.rules():
        rule = held.on
        if not isinstance(rule, Future) or rule.kind is not on.kind or rule.creator not in (None, maker):
            continue
        if rule.schema in (target.schema, EVERYWHERE) and held.grantee != owner:
            state.grants.add(Held(on, held.grantee, held.privilege, held.grantable))


def change_owner(state: "Simulation", target: Target, owner: str) -> None:
    """Hand an object over. The new owner holds all by being owner; what it gave before, the owner has given now."""
    state.objects[target]["owner"] = owner
    for held in state.grants.on(state.dialect.grant_target(target)):
        if owner in (held.grantee, held.grantor):
            state.grants.remove(held)
        if held.grantor == owner != held.grantee:
            state.grants.add(replace(held, grantor=None))
