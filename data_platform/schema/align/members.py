"""Plans memberships: for each pair of a role and a member that is listed, whether and how."""

from data_platform.schema.align.actual import Member
from data_platform.schema.align.changes import AddMember, RemoveMember
from data_platform.schema.align.desired import WantedMember
from data_platform.schema.align.draft import Consent, Draft, refusal
from data_platform.schema.align.names import Kind, Target


def add_members(draft: Draft) -> None:
    """Put into roles who is missing, and give options that are wanted.

    Raises:
        AlignError: a role or user is not there, or the role has power over the whole server.
    """
    for wanted in draft.desired.members:
        if wanted.deleted:
            continue
        _refuse_unknown(draft, wanted)
        now = _now(draft, wanted.role, wanted.member)
        admin = wanted.admin and not any(member.admin for member in now)
        inherit = True if wanted.inherit and not any(member.inherit for member in now) else None
        set_role = True if wanted.set_role and not any(member.set_role for member in now) else None
        if not now:
            inherit, set_role = wanted.inherit, wanted.set_role
        if not now:
            _refuse_circle(draft, wanted)
        if not now or admin or inherit or set_role:
            change = AddMember(wanted.role, wanted.member, admin, inherit, set_role)
            draft.add(change, f"wanted in {wanted.origin}")


def remove_members(draft: Draft) -> None:
    """Take roles, and options, from whom the files deny them; from others only where a role is exclusive."""
    listed = {(wanted.role, wanted.member) for wanted in draft.desired.members}
    for wanted in draft.desired.members:
        for member in _now(draft, wanted.role, wanted.member):
            if _is_of_the_maker(draft, member):
                continue
            if wanted.deleted:
                _remove(draft, member, None, f"deleted in {wanted.origin}")
                continue
            for option, has, may in (
                ("admin", member.admin, wanted.admin),
                ("inherit", member.inherit, wanted.inherit),
                ("set", member.set_role, wanted.set_role),
            ):
                if has and may is False:
                    _remove(draft, member, option, f"no '{option}' in {wanted.origin}")
    for role, origin in draft.desired.exclusive_roles.items():
        for member in [each for each in draft.state.members if each.role == role]:
            if (role, member.member) not in listed and not _is_of_the_maker(draft, member):
                _remove(draft, member, None, f"exclusive in {origin}, and {member.member.name[-1]} is not listed")


def _is_of_the_maker(draft: Draft, member: Member) -> bool:
    """Whether it is what lets the role that applies give this one: PostgreSQL puts who makes a role into it."""
    applier = draft.actual.applier
    return member.member == Target(Kind.ROLE, (applier,)) and member.grantor != applier


def _remove(draft: Draft, member: Member, option: str | None, reason: str) -> None:
    draft.add(RemoveMember(member.role, member.member, member.grantor, option), reason, Consent.REVOKE)


def _now(draft: Draft, role: str, member: Target) -> list[Member]:
    found = [each for each in draft.state.members if (each.role, each.member) == (role, member)]
    return sorted(found, key=lambda each: each.grantor or "")


def _refuse_circle(draft: Draft, wanted: WantedMember) -> None:
    above, found = [wanted.role], {wanted.role}
    while above:
        role = Target(Kind.ROLE, (above.pop(),))
        if role == wanted.member:
            raise refusal(
                f"{wanted.member} cannot be in {wanted.role}, which is in it already, directly or not",
                wanted.origin,
                fix=f"take {wanted.role} out of it first",
            )
        new = {each.role for each in draft.state.members if each.member == role} - found
        found |= new
        above += sorted(new)


def _refuse_unknown(draft: Draft, wanted: WantedMember) -> None:
    role = Target(Kind.ROLE, (wanted.role,))
    if role not in draft.state.objects:
        raise refusal(f"there is no {role}", wanted.origin, fix="list it under `roles`")
    if draft.state.objects[role].get("powerful"):
        raise refusal(
            f"{role} has power over the whole server, and nobody is put into it by alignment",
            wanted.origin,
            fix="do it by hand, or make a role that has only what is needed",
        )
    if wanted.member not in draft.state.objects:
        raise refusal(
            f"there is no {wanted.member}", wanted.origin, fix="users come from outside; roles are listed under `roles`"
        )
