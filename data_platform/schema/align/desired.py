"""Desired state: what the files say, names folded, variables filled in, nothing of YAML left."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from data_platform.schema.align.dialect import Dialect
from data_platform.schema.align.names import AllIn, Kind, Name, Securable, Target

Value = str | int | bool | tuple[str, ...]
Properties = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something stands."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object under management.

    Args:
        properties: only what was given; a view's `definition` is what the database would say of it, once asked.
        source: a view's SQL as written.
        redefine: whether a view's SQL is another one than in the database; None until the database was asked.
        reads: views of the same files that a view's SQL names.
        heir: the role that becomes owner of what a dropped one owns.
    """

    target: Target
    origin: Origin
    properties: Properties = field(default_factory=dict)
    renamed_from: Target | None = None
    adopt: bool = False
    deleted: bool = False
    released: bool = False
    source: str = ""
    redefine: bool | None = None
    reads: frozenset[Name] = frozenset()
    heir: str | None = None

    @property
    def present(self) -> bool:
        """Whether it is to be there and managed."""
        return not (self.deleted or self.released)


@dataclass(frozen=True, slots=True)
class WantedGrant:
    """All that one role may do on something; no privileges means nothing at all."""

    on: Securable | AllIn
    grantee: str
    privileges: frozenset[str]
    origin: Origin
    grantable: bool = False


@dataclass(frozen=True, slots=True)
class WantedMember:
    """Whether somebody is in a role, and how; an option that is None may be either."""

    role: str
    member: Target
    origin: Origin
    admin: bool = False
    inherit: bool | None = None
    set_role: bool | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Desired:
    """What the files say.

    Args:
        alignment: whose the objects are.
        exclusive: what only the roles listed may have privileges on, each with where that is said.
        exclusive_roles: roles that only the members listed may be in.
    """

    alignment: str
    dialect: Dialect
    objects: tuple[Wanted, ...] = ()
    grants: tuple[WantedGrant, ...] = ()
    members: tuple[WantedMember, ...] = ()
    exclusive: Mapping[Securable | AllIn, Origin] = field(default_factory=dict)
    exclusive_roles: Mapping[str, Origin] = field(default_factory=dict)

    def of(self, *kinds: Kind) -> list[Wanted]:
        """The objects of these kinds, in the order of the files."""
        return [wanted for wanted in self.objects if wanted.target.kind in kinds]
