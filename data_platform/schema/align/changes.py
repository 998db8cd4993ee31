"""What alignment can do to a database, as data. SQL is made of these by each database's own module."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from data_platform.schema.align.desired import Properties, Value
from data_platform.schema.align.names import Name, Securable, Target


@dataclass(frozen=True, slots=True)
class Create:
    """Makes an object.

    Args:
        source: a view's SQL as written.
        reads: views that a view reads, as far as its SQL tells.
    """

    target: Target
    properties: Properties = field(default_factory=dict)
    source: str = ""
    reads: frozenset[Name] = frozenset()


@dataclass(frozen=True, slots=True)
class Redefine:
    """Replaces a view's SQL in place; `properties` are all it has afterwards."""

    target: Target
    properties: Properties
    source: str
    reads: frozenset[Name] = frozenset()


@dataclass(frozen=True, slots=True)
class Alter:
    """Changes one property."""

    target: Target
    property: str
    value: Value
    before: Value | None = None


@dataclass(frozen=True, slots=True)
class Rename:
    """Gives an object another name; what lies in it, and its grants, go with it."""

    target: Target
    name: Name

    @property
    def renamed(self) -> Target:
        """The object under its new name."""
        return Target(self.target.kind, self.name)


@dataclass(frozen=True, slots=True)
class Drop:
    """Removes an object."""

    target: Target


@dataclass(frozen=True, slots=True)
class Reassign:
    """Makes another role the owner of everything a role owns."""

    role: str
    heir: str


@dataclass(frozen=True, slots=True)
class Adopt:
    """Records an object that is there as managed."""

    target: Target


@dataclass(frozen=True, slots=True)
class Release:
    """Records that an object is managed no more; the object stays."""

    target: Target


@dataclass(frozen=True, slots=True)
class Forget:
    """Removes the record of an object that is gone already."""

    target: Target


@dataclass(frozen=True, slots=True)
class Grant:
    """Gives privileges."""

    on: Securable
    grantee: str
    privileges: tuple[str, ...]
    grantable: bool = False


@dataclass(frozen=True, slots=True)
class Revoke:
    """Takes privileges, or only the right to pass them on.

    Args:
        grantor: who gave them; None means the owner.
    """

    on: Securable
    grantee: str
    privileges: tuple[str, ...]
    grantor: str | None = None
    only_grant_option: bool = False


@dataclass(frozen=True, slots=True)
class AddMember:
    """Puts somebody into a role, or gives a member an option; None leaves an option as the database has it."""

    role: str
    member: Target
    admin: bool = False
    inherit: bool | None = None
    set_role: bool | None = None


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """Takes a role from a member, or only an option.

    Args:
        grantor: who gave it.
        option: `admin`, `inherit` or `set`; None means the membership itself.
    """

    role: str
    member: Target
    grantor: str | None = None
    option: str | None = None


Change = (
    Create | Redefine | Alter | Rename | Drop | Reassign | Adopt | Release | Forget
    | Grant | Revoke | AddMember | RemoveMember
)  # fmt: skip

DEFAULTS: Mapping[str, Value] = {"comment": "", "connection_limit": -1}
