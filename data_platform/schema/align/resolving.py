"""Makes desired state of the files: names folded, variables filled in, contradictions told with their places."""

from collections.abc import Iterable, Mapping, Sequence

from data_platform.schema.align.contradictions import refuse_use_of_what_goes
from data_platform.schema.align.desired import Desired, Origin, Wanted, WantedGrant, WantedMember
from data_platform.schema.align.dialect import Dialect
from data_platform.schema.align.grant_entries import exclusive_of, grants_of
from data_platform.schema.align.loading import SourceFile
from data_platform.schema.align.member_entries import members_of
from data_platform.schema.align.names import AllIn, Kind, Name, Securable, Target
from data_platform.schema.align.object_entries import objects_of
from data_platform.schema.align.reading_names import Names, wrong
from data_platform.schema.align.view_sql import in_reading_order, views_named


def resolve(files: Sequence[SourceFile], dialect: Dialect, variables: Mapping[str, str | None]) -> Desired:
    """Read what the files want of a database.

    Args:
        variables: what `${name}` stands for; None is known, but has no value here.

    Raises:
        UsageError: something is not supported there, is said twice, or contradicts something else; with its place.
    """
    objects: dict[Target, Wanted] = {}
    renamed: dict[Target, Wanted] = {}
    grants: list[WantedGrant] = []
    members: dict[tuple[str, Target], WantedMember] = {}
    exclusive: dict[Securable | AllIn, Origin] = {}
    exclusive_roles: dict[str, Origin] = {}
    for file in files:
        names = Names(dialect, variables, file)
        for wanted in objects_of(names):
            other = objects.setdefault(wanted.target, wanted)
            if other is not wanted:
                raise wrong(f"{wanted.target} is there twice, first in {other.origin}", wanted.origin)
            if wanted.renamed_from:
                taken = renamed.setdefault(wanted.renamed_from, wanted)
                if taken is not wanted:
                    raise wrong(f"{taken.target} is renamed from it already, in {taken.origin}", wanted.origin)
        grants += grants_of(names)
        exclusive |= exclusive_of(names)
        for member in members_of(names, exclusive_roles):
            key = (member.role, member.member)
            other_member = members.setdefault(key, member)
            if other_member is not member:
                raise wrong(
                    f"whether {member.member} is in {member.role} is said twice, first in {other_member.origin}",
                    member.origin,
                )
    desired = Desired(
        _alignment(files, dialect, variables),
        dialect,
        tuple(_with_reads(objects.values(), dialect)),
        tuple(grants),
        tuple(members.values()),
        exclusive,
        exclusive_roles,
    )
    refuse_use_of_what_goes(desired)
    return desired


def _alignment(files: Sequence[SourceFile], dialect: Dialect, variables: Mapping[str, str | None]) -> str:
    found: dict[str, Origin] = {}
    for file in files:
        if file.model.alignment:
            origin = file.origin("alignment")
            found.setdefault(Names(dialect, variables, file).text(file.model.alignment, origin), origin)
    if len(found) > 1:
        (first, place), (second, origin) = list(found.items())[:2]
        raise wrong(f"these files are of alignment {second!r}, and of {first!r} in {place}", origin)
    return next(iter(found), "platform")


def _with_reads(objects: Iterable[Wanted], dialect: Dialect) -> list[Wanted]:
    from dataclasses import replace

    found = list(objects)
    views = {wanted.target.name: wanted for wanted in found if wanted.target.kind is Kind.VIEW}
    reads: dict[Name, frozenset[Name]] = {
        name: views_named(wanted.source, views, dialect) - {name} if wanted.source else frozenset()
        for name, wanted in views.items()
    }
    try:
        in_reading_order(reads)
    except ValueError as error:
        raise wrong(str(error), next(iter(views.values())).origin) from None
    return [
        replace(wanted, reads=reads[wanted.target.name]) if wanted.target.kind is Kind.VIEW else wanted
        for wanted in found
    ]
