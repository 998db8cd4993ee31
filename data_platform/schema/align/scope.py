"""What must be read of a database to plan for given files: nothing else is looked at."""

from dataclasses import dataclass
from typing import Any

from data_platform.schema.align.desired import Desired
from data_platform.schema.align.names import PUBLIC, RELATIONS, AllIn, Future, Kind, Name, Securable, Target


@dataclass(frozen=True)
class Scope:
    """Names to read.

    Args:
        objects: in all their kinds, also under names they had.
        whole: schemas of which every relation is read.
        groups: roles whose members are read.
        leaving: roles and schemas that are dropped, of which all that holds them is read.
    """

    alignment: str
    objects: frozenset[Target] = frozenset()
    whole: frozenset[Name] = frozenset()
    groups: frozenset[str] = frozenset()
    leaving: frozenset[Target] = frozenset()

    def names(self, *kinds: Kind) -> list[Name]:
        """The names of objects of these kinds, sorted."""
        return sorted({target.name for target in self.objects if target.kind in kinds})

    def words(self, kind: Kind) -> list[str]:
        """The names of objects whose names have one part."""
        return [name[0] for name in self.names(kind)]

    def going(self, kind: Kind) -> list[str]:
        """Those that are dropped, where names have one part."""
        return sorted(target.name[0] for target in self.leaving if target.kind is kind)

    @property
    def relations(self) -> list[Name]:
        """Names of tables, views and sequences."""
        return self.names(*RELATIONS)

    def to_data(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "alignment": self.alignment,
            "objects": sorted([target.kind, *target.name] for target in self.objects),
            "whole": sorted(map(list, self.whole)),
            "groups": sorted(self.groups),
            "leaving": sorted([target.kind, *target.name] for target in self.leaving),
        }

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "Scope":
        """From JSON."""
        return cls(
            data["alignment"],
            frozenset(Target(Kind(kind), tuple(name)) for kind, *name in data["objects"]),
            frozenset(map(tuple, data["whole"])),
            frozenset(data["groups"]),
            frozenset(Target(Kind(kind), tuple(name)) for kind, *name in data["leaving"]),
        )


def scope_of(desired: Desired) -> Scope:
    """What the files speak of."""
    found: set[Target] = set()
    whole: set[Name] = set()
    for wanted in desired.objects:
        found |= {wanted.target} | ({wanted.renamed_from} if wanted.renamed_from else set())
        owner = wanted.properties.get("owner")
        found |= {Target(Kind.ROLE, (str(role),)) for role in (owner, wanted.heir) if role}
        if wanted.target.kind is Kind.SCHEMA and wanted.deleted:
            whole.add(wanted.target.name)
    for what in [*(grant.on for grant in desired.grants), *desired.exclusive]:
        found |= _behind(what)
        if isinstance(what, AllIn):
            whole.add(what.schema)
    found |= {Target(Kind.ROLE, (grant.grantee,)) for grant in desired.grants if grant.grantee != PUBLIC}
    found |= {member.member for member in desired.members}
    groups = {member.role for member in desired.members} | set(desired.exclusive_roles)
    found |= {Target(Kind.ROLE, (role,)) for role in groups}
    found |= {Target(Kind.SCHEMA, each.schema) for each in found if each.kind in RELATIONS}
    return _with_old_names(desired, found, whole, groups)


def _behind(what: Securable | AllIn) -> set[Target]:
    if isinstance(what, Target):
        return {what}
    found = {Target(Kind.SCHEMA, what.schema)}
    if isinstance(what, Future) and what.creator:
        found.add(Target(Kind.ROLE, (what.creator,)))
    return found


def _with_old_names(desired: Desired, found: set[Target], whole: set[Name], groups: set[str]) -> Scope:
    """What lies in a schema, or is a role, that is yet to be renamed has its old name in the database."""
    renames = {
        wanted.target: wanted.renamed_from for wanted in desired.of(Kind.SCHEMA, Kind.DATABASE) if wanted.renamed_from
    }
    old_names = set()
    for target in found:
        for new, old in renames.items():
            depth = len(new.name)
            if len(target.name) > depth and target.name[:depth] == new.name:
                old_names.add(Target(target.kind, old.name + target.name[depth:]))
    whole |= {old.name for new, old in renames.items() if new.name in whole}
    roles = {wanted.target.name[0]: wanted.renamed_from for wanted in desired.of(Kind.ROLE) if wanted.renamed_from}
    groups |= {old.name[0] for new, old in roles.items() if new in groups}
    leaving = {wanted.target for wanted in desired.of(Kind.ROLE, Kind.SCHEMA) if wanted.deleted}
    return Scope(
        desired.alignment, frozenset(found | old_names), frozenset(whole), frozenset(groups), frozenset(leaving)
    )
