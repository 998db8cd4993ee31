"""Live state: what a database has of that which the files speak of."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from data_platform.schema.align.desired import Properties
from data_platform.schema.align.names import Future, Securable, Target


@dataclass(frozen=True, slots=True)
class Held:
    """A privilege that somebody other than the owner holds.

    Args:
        grantor: who gave it; None means the owner.
    """

    on: Securable
    grantee: str
    privilege: str
    grantable: bool = False
    grantor: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A membership as one grantor gave it; `inherit` and `set_role` are None where the database has no such options."""

    role: str
    member: Target
    grantor: str | None = None
    admin: bool = False
    inherit: bool | None = None
    set_role: bool | None = None


@dataclass(frozen=True, slots=True)
class Tie:
    """Why something cannot be dropped.

    Args:
        what: in words, as in `owns table marts.flights`.
        target: the object it is about, where alignment knows it; the tie ends with it.
        owned: whether it goes to the heir of a role.
    """

    what: str
    target: Target | None = None
    owned: bool = False


@dataclass(frozen=True)
class Actual:
    """What the database has.

    Args:
        database: which database this is, beyond its name.
        applier: the role that would apply.
        objects: with all their properties.
        managed: which alignment manages what, as recorded; also what has vanished since.
        read_by: views and materialized views that read a view, directly.
        ties: why a role or schema that is to go cannot be dropped.
    """

    database: str = ""
    applier: str = ""
    objects: Mapping[Target, Properties] = field(default_factory=dict)
    managed: Mapping[Target, str] = field(default_factory=dict)
    members: frozenset[Member] = frozenset()
    grants: frozenset[Held] = frozenset()
    read_by: Mapping[Target, frozenset[Target]] = field(default_factory=dict)
    ties: Mapping[Target, tuple[Tie, ...]] = field(default_factory=dict)


def state_hash(actual: Actual) -> str:
    """A hash of the live state: a plan made for one state is refused on another. Who applies does not matter."""
    data = {
        "database": actual.database,
        "objects": {_key(target): dict(properties) for target, properties in actual.objects.items()},
        "managed": {_key(target): alignment for target, alignment in actual.managed.items()},
        "members": sorted(
            [m.role, _key(m.member), m.grantor or "", m.admin, _tri(m.inherit), _tri(m.set_role)]
            for m in actual.members
        ),
        "grants": sorted([_key(h.on), h.grantee, h.privilege, h.grantable, h.grantor or ""] for h in actual.grants),
        "read_by": {_key(target): sorted(map(_key, readers)) for target, readers in actual.read_by.items()},
        "ties": {_key(target): sorted(tie.what for tie in ties) for target, ties in actual.ties.items()},
    }
    return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _key(what: Securable) -> str:
    if isinstance(what, Future):
        return json.dumps(["future", what.kind, *what.schema, what.creator], ensure_ascii=False)
    return json.dumps([what.kind, *what.name], ensure_ascii=False)


def _tri(value: Any) -> str:
    return {True: "yes", False: "no"}.get(value, "")
