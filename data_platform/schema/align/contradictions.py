"""What the files say of things that the same files delete."""

from data_platform.schema.align.desired import Desired, Origin, Wanted, WantedGrant
from data_platform.schema.align.names import AllIn, Kind, Target
from data_platform.schema.align.reading_names import wrong


def refuse_use_of_what_goes(desired: Desired) -> None:
    """Raise for a grant to, an owner, a member or a reader of something that is deleted: it would be undone at once.

    Raises:
        UsageError: with both places.
    """
    going = {wanted.target: wanted.origin for wanted in desired.objects if wanted.deleted}

    def refuse(target: Target, what: str, origin: Origin) -> None:
        if target in going:
            raise wrong(f"{target} is deleted in {going[target]}, and {what}", origin)

    for grant in desired.grants:
        for target, what in _of_grant(grant):
            refuse(target, what, grant.origin)
    for member in desired.members:
        if not member.deleted:
            refuse(Target(Kind.ROLE, (member.role,)), "this puts somebody into it", member.origin)
            refuse(member.member, "this puts it into a role", member.origin)
    for wanted in desired.objects:
        for target, what in _of_object(wanted):
            refuse(target, what, wanted.origin)


def _of_grant(grant: WantedGrant) -> list[tuple[Target, str]]:
    if not grant.privileges:
        return []
    found = [(Target(Kind.ROLE, (grant.grantee,)), "this grants to it")]
    on = grant.on
    if isinstance(on, Target):
        kinds = {on.kind, Kind.VIEW} if on.kind is Kind.TABLE else {on.kind}
        return found + [(Target(kind, on.name), "this grants on it") for kind in sorted(kinds)]
    found.append((Target(Kind.SCHEMA, on.schema), "this grants in it"))
    if not isinstance(on, AllIn) and on.creator:
        found.append((Target(Kind.ROLE, (on.creator,)), "this is about what it makes"))
    return found


def _of_object(wanted: Wanted) -> list[tuple[Target, str]]:
    found = []
    if wanted.heir:
        found.append((Target(Kind.ROLE, (wanted.heir,)), f"is to own what {wanted.target} owned"))
    if wanted.present:
        owner = wanted.properties.get("owner")
        if isinstance(owner, str):
            found.append((Target(Kind.ROLE, (owner,)), f"is to own {wanted.target}"))
        if wanted.target.kind is Kind.VIEW:
            found.append((Target(Kind.SCHEMA, wanted.target.schema), f"{wanted.target} is to be in it"))
        found += [(Target(Kind.VIEW, name), f"{wanted.target} reads it") for name in sorted(wanted.reads)]
    return found
