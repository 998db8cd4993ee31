"""Another name for an object: for what lies in it, what it owns, holds and is in, too."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from data_platform.schema.align.belonging import renamed
from data_platform.schema.align.names import Future, Kind, Securable, Target

if TYPE_CHECKING:
    from data_platform.schema.align.simulation import Simulation


def rename(state: "Simulation", old: Target, new: Target) -> None:
    """Give an object another name, everywhere in a state."""

    def target(each: Target) -> Target:
        return renamed(each, old, new)

    role = (old.name[0], new.name[0]) if old.kind is Kind.ROLE else None

    def who(name: str | None) -> str | None:
        return role[1] if role and name == role[0] else name

    def on(each: Securable) -> Securable:
        if isinstance(each, Target):
            return target(each)
        schema = target(Target(Kind.SCHEMA, each.schema)).name
        return Future(each.kind, schema, who(each.creator))

    _rename_everywhere(state, target, who, on)


def _rename_everywhere(
    state: "Simulation",
    target: Callable[[Target], Target],
    who: Callable[[str | None], str | None],
    on: Callable[[Securable], Securable],
) -> None:
    objects = {}
    for key, properties in state.objects.items():
        owner = properties.get("owner")
        objects[target(key)] = properties | ({"owner": str(who(str(owner)))} if owner is not None else {})
    state.objects = objects
    state.managed = {target(key): alignment for key, alignment in state.managed.items()}
    state.members = {
        replace(m, role=str(who(m.role)), member=target(m.member), grantor=who(m.grantor)): None for m in state.members
    }
    state.grants.change(
        lambda held: replace(held, on=on(held.on), grantee=str(who(held.grantee)), grantor=who(held.grantor))
    )
    state.read_by = {target(view): frozenset(map(target, readers)) for view, readers in state.read_by.items()}
    state.ties = {target(key): ties for key, ties in state.ties.items()}
