"""Names of database objects: written by people, folded as the database folds them, compared exactly."""

import re
from dataclasses import dataclass
from enum import StrEnum

Name = tuple[str, ...]
EVERYWHERE: Name = ("",)  # in place of a schema: default privileges that hold in every one
PUBLIC = "public"  # PostgreSQL's word for everybody; no role can bear it

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_PARTS = re.compile(r'("(?:[^"]|"")+"|[^".]+)(\.|$)')


class Kind(StrEnum):
    """Kinds of objects that alignment knows."""

    ROLE = "role"
    USER = "user"
    WAREHOUSE = "warehouse"
    DATABASE = "database"
    SCHEMA = "schema"
    VIEW = "view"
    TABLE = "table"
    SEQUENCE = "sequence"


RELATIONS = frozenset({Kind.VIEW, Kind.TABLE, Kind.SEQUENCE})


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """One object: its kind and its name, part by part, as the database's catalogue has it."""

    kind: Kind
    name: Name

    def __str__(self) -> str:
        return f"{self.kind} {shown(self.name)}"

    @property
    def schema(self) -> Name:
        """The schema a relation lies in."""
        return self.name[:-1]


@dataclass(frozen=True, slots=True, order=True)
class Future:
    """What will be made in a schema: PostgreSQL's default privileges, Snowflake's future grants.

    Args:
        kind: of the objects to come.
        schema: where.
        creator: the role that will make them (PostgreSQL); None where anybody's count (Snowflake).
    """

    kind: Kind
    schema: Name
    creator: str | None = None

    def __str__(self) -> str:
        by = f" made by {self.creator}" if self.creator else ""
        place = "" if self.schema == EVERYWHERE else f" in {shown(self.schema)}"
        return f"future {self.kind}s{place}{by}"


Securable = Target | Future


@dataclass(frozen=True, slots=True)
class AllIn:
    """Every object of a kind that is in a schema when the plan is made."""

    kind: Kind
    schema: Name

    def __str__(self) -> str:
        return f"all {self.kind}s in {shown(self.schema)}"


def is_plain(part: str) -> bool:
    """Whether SQL could write the name without quotes."""
    return _PLAIN.fullmatch(part) is not None


def shown(name: Name) -> str:
    """The name as a person would write it; `split` reads it back."""
    if len(name) == 1:
        return name[0]
    return ".".join(part if is_plain(part) else '"' + part.replace('"', '""') + '"' for part in name)


def split(text: str) -> list[tuple[str, bool]]:
    """The parts of a dotted name, each with whether it stood in double quotes.

    Raises:
        ValueError: it is no dotted name.
    """
    found, at = [], 0
    while at < len(text) or (at and text[at - 1] == "."):
        part = _PARTS.match(text, at)
        if part is None:
            raise ValueError(f"{text!r} is no name: parts are joined by dots, and a part with a dot stands in quotes")
        quoted = part[1].startswith('"')
        found.append((part[1][1:-1].replace('""', '"') if quoted else part[1], quoted))
        at = part.end()
    return found
