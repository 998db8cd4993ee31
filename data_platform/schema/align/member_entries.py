"""Reads the memberships in one file of desired state."""

from collections.abc import Iterator

from data_platform.schema.align.desired import Origin, WantedMember
from data_platform.schema.align.names import Kind, Target
from data_platform.schema.align.reading_names import Names, wrong


def members_of(names: Names, exclusive: dict[str, Origin]) -> Iterator[WantedMember]:
    """Who is in which role; notes roles that are exclusive in `exclusive`.

    Raises:
        UsageError: something the database does not have; with its place.
    """
    for at, entry in enumerate(names.file.model.memberships):
        origin = names.origin("memberships", at)
        names.refuse_unless(Kind.ROLE, origin)
        role = names.role(entry.role, names.origin("memberships", at, "role"))
        names.refuse_reserved(Target(Kind.ROLE, (role,)), origin)
        for option in ("inherit", "set"):
            if getattr(entry, option) is not None and not names.dialect.membership_options:
                raise wrong(
                    f"this database has no {option!r} for a membership (PostgreSQL 16 and later have)",
                    names.origin("memberships", at, option),
                    fix="leave it out here",
                )
        if entry.admin and not names.dialect.membership_admin:
            raise wrong(f"{names.dialect.name} has no 'admin'", names.origin("memberships", at, "admin"))
        if entry.exclusive:
            exclusive.setdefault(role, origin)
        for key, kind in (("members", Kind.ROLE), ("users", Kind.USER)):
            for position, text in enumerate(getattr(entry, key)):
                place = names.origin("memberships", at, key, position)
                member = names.target(Kind.ROLE if names.dialect.users_are_roles else kind, text, place)
                if names.dialect.name == "postgresql":
                    names.refuse_reserved(member, place)
                if member == Target(Kind.ROLE, (role,)):
                    raise wrong(f"{member} cannot be in itself", place)
                yield WantedMember(role, member, place, entry.admin, entry.inherit, entry.set, entry.deleted)
