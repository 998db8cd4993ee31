"""Plans what goes: objects that the files say are deleted, after all that would hinder it."""

from data_platform.schema.align.belonging import creator_of
from data_platform.schema.align.changes import Drop, Forget, Reassign, Release, Revoke
from data_platform.schema.align.desired import Wanted
from data_platform.schema.align.draft import Consent, Draft, refusal
from data_platform.schema.align.names import RELATIONS, Kind
from data_platform.schema.align.objects import refuse_power, refuse_unknown_role


def drop(draft: Draft, wanted: Wanted) -> None:
    """Drop what the files say is deleted, after what would hinder it.

    Raises:
        AlignError: it is not under management, or something holds it.
    """
    target = wanted.target
    if target not in draft.state.objects:
        if draft.state.managed.get(target) == draft.desired.alignment:
            draft.add(Forget(target), "gone from the database already")
        return
    draft.may_touch(target, wanted)
    if target.kind is Kind.ROLE:
        refuse_power(draft, wanted)
        _free_role(draft, wanted)
    _refuse_tied(draft, wanted)
    whole = ", with everything in it" if target.kind is Kind.DATABASE else ""
    draft.add(Drop(target), f"deleted in {wanted.origin}{whole}", Consent.DROP)


def release(draft: Draft, wanted: Wanted) -> None:
    """Manage something no more."""
    if draft.state.managed.get(wanted.target) == draft.desired.alignment:
        draft.add(Release(wanted.target), f"released in {wanted.origin}; it stays as it is")


def _free_role(draft: Draft, wanted: Wanted) -> None:
    role = wanted.target.name[0]
    owned = [tie for tie in draft.state.tied(wanted.target) if tie.owned]
    owned_here = [each for each, properties in draft.state.objects.items() if properties.get("owner") == role]
    if wanted.heir and (owned or owned_here):
        refuse_unknown_role(draft, wanted, wanted.heir)
        draft.add(Reassign(role, wanted.heir), f"{wanted.target} is deleted in {wanted.origin}", Consent.DROP)
    if not draft.desired.dialect.revokes_before_drop:
        return
    held = [each for each in draft.state.grants if role in (each.grantee, creator_of(each.on))]
    pairs = dict.fromkeys((each.on, each.grantee, each.grantor) for each in held)
    for on, grantee, grantor in pairs:
        privileges = tuple(
            sorted(each.privilege for each in held if (each.on, each.grantee, each.grantor) == (on, grantee, grantor))
        )
        draft.add(Revoke(on, grantee, privileges, grantor), f"{wanted.target} is dropped", Consent.DROP)


def _refuse_tied(draft: Draft, wanted: Wanted) -> None:
    ties = [tie.what for tie in draft.state.tied(wanted.target)]
    if wanted.target.kind is Kind.ROLE:
        role = wanted.target.name[0]
        ties += [f"owns {each}" for each, found in draft.state.objects.items() if found.get("owner") == role]
        ties += [f"has passed {held.privilege} on {held.on} on" for held in draft.state.grants if held.grantor == role]
    elif wanted.target.kind is Kind.SCHEMA:
        inside = [each for each in draft.state.objects if each.kind in RELATIONS and each.schema == wanted.target.name]
        ties += [f"holds {each}" for each in inside]
    elif wanted.target.kind is Kind.VIEW:
        ties += [f"is read by {each}" for each in sorted(draft.state.read_by.get(wanted.target, ()))]
    ties = sorted(set(ties))
    if ties:
        more = f" (and {len(ties) - 3} more)" if len(ties) > 3 else ""
        fix = "say `owned_to: <role>`" if wanted.target.kind is Kind.ROLE else None
        raise refusal(
            f"{wanted.target} cannot be dropped: it {'; it '.join(ties[:3])}{more}",
            wanted.origin,
            fix=fix if any(tie.startswith("owns") for tie in ties) else None,
        )
