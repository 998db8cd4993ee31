"""Plans objects: renames, what is to be made, properties that differ."""

from data_platform.schema.align.changes import (
    Adopt,
    Alter,
    Create,
    Rename,
)
from data_platform.schema.align.desired import Value, Wanted
from data_platform.schema.align.draft import Consent, Draft, refusal
from data_platform.schema.align.names import RELATIONS, Kind, Target

# what a role can do no more when this becomes false
_ABILITIES = {"login", "inherit", "createdb"}


def rename(draft: Draft, kind: Kind) -> None:
    """Rename what has another name in the database than in the files; a chain of names from its end."""
    waiting = [wanted for wanted in draft.desired.of(kind) if wanted.renamed_from]
    progress = True
    while progress:
        progress = False
        for wanted in list(waiting):
            old = _old_name(draft, wanted)
            if old is None:
                continue
            waiting.remove(wanted)
            draft.may_touch(old, wanted)
            draft.add(Rename(old, wanted.target.name), f"renamed in {wanted.origin}; its grants go with it")
            progress = True


def ensure(draft: Draft, wanted: Wanted) -> None:
    """Make an object that is to be there, or take it under management.

    Raises:
        AlignError: it is there and not ours, or its name or owner hinders it.
    """
    target = wanted.target
    if target in draft.state.objects:
        adopt(draft, wanted)
        refuse_power(draft, wanted)
        return
    refuse_taken_name(draft, wanted)
    properties = {} if target.kind is Kind.DATABASE else wanted.properties
    draft.add(Create(target, properties), made_because(draft, wanted))


def adopt(draft: Draft, wanted: Wanted) -> None:
    """Take an object under management if it is not yet.

    Raises:
        AlignError: the files do not say that it may be.
    """
    if not draft.may_touch(wanted.target, wanted):
        draft.add(Adopt(wanted.target), f"adopted in {wanted.origin}")


def alter(draft: Draft, wanted: Wanted) -> None:
    """Change each property that differs. A view's SQL is no property in this sense."""
    for key, value in wanted.properties.items():
        before = draft.state.objects[wanted.target].get(key)
        if key in {"definition", "columns"} or before == value:
            continue
        if key == "owner":
            refuse_unknown_role(draft, wanted, str(value))
        consent = _consent(key, value, before, draft)
        draft.add(Alter(wanted.target, key, value, before), f"{key}: {_said(before)} -> {_said(value)}", consent)


def made_because(draft: Draft, wanted: Wanted) -> str:
    """Why an object is made."""
    if draft.state.managed.get(wanted.target) == draft.desired.alignment:
        return "managed, but gone from the database"
    return f"wanted in {wanted.origin}"


def refuse_taken_name(draft: Draft, wanted: Wanted) -> None:
    """Raise when something of another kind has the name, or another alignment manages what is gone.

    Raises:
        AlignError: with the place in the files.
    """
    target = wanted.target
    whose = draft.state.managed.get(target)
    if whose is not None:
        draft.may_touch(target, wanted)
    if target.kind in RELATIONS:
        for kind in RELATIONS:
            other = Target(kind, target.name)
            if other != target and other in draft.state.objects:
                raise refusal(f"{target} cannot be made: there is a {kind} of this name", wanted.origin)
        schema = Target(Kind.SCHEMA, target.schema)
        if schema not in draft.state.objects:
            raise refusal(
                f"{target} cannot be made: there is no {schema}", wanted.origin, fix="list the schema under `schemas`"
            )
    owner = wanted.properties.get("owner")
    if isinstance(owner, str) and target.kind is not Kind.DATABASE:  # a database gets its owner when roles are made
        refuse_unknown_role(draft, wanted, owner)


def _old_name(draft: Draft, wanted: Wanted) -> Target | None:
    """The object to be renamed; None when that is done already, or the new name is taken."""
    state = draft.state
    if wanted.target in state.objects or wanted.target in state.managed or wanted.renamed_from is None:
        return None
    old = wanted.renamed_from
    if old not in state.objects and old.kind in RELATIONS:
        # its schema may have been renamed in this same plan: the old name may be told with the new schema
        old = Target(old.kind, wanted.target.schema + old.name[-1:])
    if old not in state.objects or old == wanted.target:
        return None
    return old


def refuse_power(draft: Draft, wanted: Wanted) -> None:
    """Raise for a role with power over the whole server."""
    if draft.state.objects[wanted.target].get("powerful"):
        raise refusal(
            f"{wanted.target} has power over the whole server (superuser, replication, bypassrls or createrole)",
            wanted.origin,
            fix="leave it out: such roles are not aligned",
        )


def refuse_unknown_role(draft: Draft, wanted: Wanted, role: str) -> None:
    """Raise for a role that is to own something, and is not there."""
    if Target(Kind.ROLE, (role,)) not in draft.state.objects:
        raise refusal(f"there is no role {role}", wanted.origin, fix="list it under `roles`")


def _consent(key: str, value: Value, before: Value | None, draft: Draft) -> Consent | None:
    if key == "owner":
        # who applies has just made it, and gives it away
        return None if before in (None, draft.actual.applier) else Consent.REVOKE
    return Consent.REVOKE if key in _ABILITIES and before is True and value is False else None


def _said(value: Value | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value in (None, "") else str(value)
