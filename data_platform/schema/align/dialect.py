"""What differs between databases for the planner: how names fold, which kinds, properties and privileges there are."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from data_platform.schema.align.names import Kind, Name, Target, is_plain, split


@dataclass(frozen=True)
class Dialect:
    """One database system, as the planner sees it.

    Args:
        parts: of how many parts the name of each kind consists; a kind that is not there is not supported.
        properties: what may be said of each kind.
        privileges: what may be granted on each kind; `all` means all of these.
        public_at_first: what everybody may do with a new object of a kind.
        reserved_roles: the system's own; `reserved_schemas` likewise.
        futures: kinds of which future ones can be granted on, and whether a creator belongs to it.
        views_are_tables: whether a view's privileges are kept as a table's.
        uppercase: whether names without quotes fold to upper case.
        longest: bytes of a name, beyond which the database would cut it.
        revokes_before_drop: whether a role can only be dropped when it holds nothing.
        all_covers_views: whether all tables of a schema are also its views.
        membership_options: whether a membership says if it is inherited and may be set.
        membership_admin: whether a member may pass the role on.
        renames: kinds that can be renamed; `moves_views` tells whether a view can go to another schema so.
        case_matters: whether names in quotes that differ in case only are two names.
    """

    name: str
    parts: Mapping[Kind, int]
    properties: Mapping[Kind, frozenset[str]]
    privileges: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)
    futures: frozenset[Kind] = frozenset()
    future_of_a_creator: bool = False
    views_are_tables: bool = False
    users_are_roles: bool = False
    public_at_first: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)
    reserved_roles: frozenset[str] = frozenset()
    reserved_schemas: frozenset[str] = frozenset()
    uppercase: bool = False
    longest: int | None = None
    version: int = 0
    revokes_before_drop: bool = False
    all_covers_views: bool = False
    membership_options: bool = False
    membership_admin: bool = False
    renames: frozenset[Kind] = frozenset(Kind)
    moves_views: bool = True
    case_matters: bool = True

    def has(self, kind: Kind) -> bool:
        """Whether objects of this kind can be aligned or granted on."""
        return kind in self.parts

    def fold(self, part: str) -> str:
        """A name written without quotes; one that SQL could not write so is taken as it is."""
        if not is_plain(part):
            return part
        return part.upper() if self.uppercase else part.lower()

    def name_of(self, kind: Kind, text: str) -> Name:
        """Read a name.

        Raises:
            ValueError: it is no name for this kind.
        """
        wanted = self.parts[kind]
        # a role may be called first.last: only names with a place are taken apart
        quoted = len(text) > 2 and text[0] == text[-1] == '"'
        found = split(text) if wanted > 1 or quoted else [(text, False)]
        if len(found) != wanted:
            example = {1: "name", 2: "schema.name", 3: "database.schema.name"}[wanted]
            raise ValueError(f"the name of a {kind} is written {example}, not {text!r}")
        name = tuple(
            self.fold(part) if not quoted else part if self.case_matters else part.lower() for part, quoted in found
        )
        for part in name:
            if not part.strip() or "\0" in part:
                raise ValueError(f"{text!r} is no name")
            if self.longest and len(part.encode()) > self.longest:
                raise ValueError(f"the name {part!r} is longer than {self.longest} bytes, where it would be cut")
        return name

    def written(self, name: Name) -> str:
        """The name so that `name_of` reads it back exactly."""
        parts = (
            part if is_plain(part) and self.fold(part) == part else '"' + part.replace('"', '""') + '"' for part in name
        )
        return ".".join(parts)

    def grant_target(self, target: Target) -> Target:
        """What privileges are kept on: on PostgreSQL a view's are a table's."""
        if self.views_are_tables and target.kind is Kind.VIEW:
            return Target(Kind.TABLE, target.name)
        return target

    def is_reserved(self, target: Target) -> bool:
        """Whether it is the system's own, and not for alignment."""
        last = target.name[-1]
        if target.kind is Kind.ROLE:
            return last in self.reserved_roles or (self.name == "postgresql" and last.startswith("pg_"))
        if target.kind is Kind.SCHEMA:
            return last in self.reserved_schemas or (self.name == "postgresql" and last.startswith("pg_"))
        return target.kind is Kind.DATABASE and last in ("template0", "template1")
