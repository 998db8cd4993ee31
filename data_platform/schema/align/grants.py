"""Plans privileges: for each pair of an object and a role that is listed, exactly those listed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from data_platform.schema.align.actual import Held
from data_platform.schema.align.changes import Grant, Revoke
from data_platform.schema.align.desired import Origin, WantedGrant
from data_platform.schema.align.draft import Consent, Draft, refusal
from data_platform.schema.align.names import PUBLIC, AllIn, Future, Kind, Securable, Target
from data_platform.schema.align.revokes import PlannedRevoke, passed_on_first


@dataclass
class _Pair:
    """What one role shall hold on one thing, from all entries that speak of them."""

    origin: Origin
    privileges: set[str] = field(default_factory=set)
    grantable: set[str] = field(default_factory=set)
    deleted: Origin | None = None


def settle_grants(draft: Draft) -> None:
    """Give what is missing; then take what is not listed.

    Raises:
        AlignError: an object or role is not there, entries contradict each other, or somebody passed on what is taken.
    """
    pairs = _pairs(draft)
    revokes: list[PlannedRevoke] = []
    for (on, grantee), pair in pairs.items():
        if grantee == _owner(draft, on):
            continue  # an owner may do everything by being owner
        held = draft.state.grants.on(on, grantee)
        for grant in _missing(on, grantee, pair, held):
            draft.add(grant, f"wanted in {pair.origin}")
        reason = f"deleted in {pair.deleted}" if pair.deleted else f"not in {pair.origin}"
        revokes += [PlannedRevoke(revoke, reason, pair.origin) for revoke in _surplus(on, grantee, pair, held)]
    revokes += _of_others(draft, pairs)
    for each in passed_on_first(draft, revokes):
        draft.add(each.revoke, each.reason, Consent.REVOKE)


def _pairs(draft: Draft) -> dict[tuple[Securable, str], _Pair]:
    pairs: dict[tuple[Securable, str], _Pair] = {}
    for wanted in draft.desired.grants:
        for on in _things(draft, wanted):
            if wanted.privileges:
                _refuse_unknown(draft, wanted, on)
            pair = pairs.setdefault((on, wanted.grantee), _Pair(wanted.origin))
            if not wanted.privileges:
                pair.deleted = wanted.origin
            pair.privileges |= wanted.privileges
            pair.grantable |= wanted.privileges if wanted.grantable else set()
            if pair.deleted and pair.privileges:
                raise refusal(
                    f"privileges of {wanted.grantee} on {on} are wanted here and deleted in {pair.deleted}",
                    wanted.origin if wanted.privileges else pair.origin,
                )
    return pairs


def _things(draft: Draft, wanted: WantedGrant) -> Iterable[Securable]:
    if isinstance(wanted.on, AllIn):
        return _all_in(draft, wanted.on)
    return [wanted.on]


def _all_in(draft: Draft, what: AllIn) -> list[Securable]:
    dialect = draft.desired.dialect
    kinds = {what.kind}
    if dialect.all_covers_views and what.kind is Kind.TABLE:
        kinds.add(Kind.VIEW)
    going = {wanted.target for wanted in draft.desired.objects if wanted.deleted}
    found = [each for each in draft.state.objects if each.kind in kinds and each.schema == what.schema]
    return sorted({dialect.grant_target(each) for each in found if each not in going})


def _refuse_unknown(draft: Draft, wanted: WantedGrant, on: Securable) -> None:
    objects = draft.state.objects
    if isinstance(on, Future):
        if Target(Kind.SCHEMA, on.schema) not in objects:
            raise refusal(f"there is no {Target(Kind.SCHEMA, on.schema)} to grant in", wanted.origin)
        if on.creator is not None and Target(Kind.ROLE, (on.creator,)) not in objects:
            raise refusal(f"there is no role {on.creator}, which is to make {on.kind}s", wanted.origin)
    elif on not in objects and not (on.kind is Kind.TABLE and Target(Kind.VIEW, on.name) in objects):
        fix = "grant on `future: tables`, where others make it later" if on.kind is Kind.TABLE else None
        raise refusal(f"there is no {on} to grant on", wanted.origin, fix=fix)
    everybody = wanted.grantee == PUBLIC and draft.desired.dialect.name == "postgresql"
    if not everybody and Target(Kind.ROLE, (wanted.grantee,)) not in objects:
        raise refusal(f"there is no role {wanted.grantee} to grant to", wanted.origin, fix="list it under `roles`")


def _missing(on: Securable, grantee: str, pair: _Pair, held: list[Held]) -> Iterator[Grant]:
    has = {each.privilege for each in held}
    may_pass_on = {each.privilege for each in held if each.grantable}
    plain = pair.privileges - pair.grantable - has
    if plain:
        yield Grant(on, grantee, tuple(sorted(plain)))
    grantable = pair.grantable - may_pass_on
    if grantable:
        yield Grant(on, grantee, tuple(sorted(grantable)), grantable=True)


def _surplus(on: Securable, grantee: str, pair: _Pair, held: Iterable[Held]) -> Iterator[Revoke]:
    whole: dict[str | None, set[str]] = defaultdict(set)
    option: dict[str | None, set[str]] = defaultdict(set)
    for each in held:
        if each.privilege not in pair.privileges:
            whole[each.grantor].add(each.privilege)
        elif each.grantable and each.privilege not in pair.grantable:
            option[each.grantor].add(each.privilege)
    for only_option, found in ((False, whole), (True, option)):
        for grantor, privileges in sorted(found.items(), key=lambda item: item[0] or ""):
            yield Revoke(on, grantee, tuple(sorted(privileges)), grantor, only_option)


def _of_others(draft: Draft, pairs: dict[tuple[Securable, str], _Pair]) -> list[PlannedRevoke]:
    """What roles hold that are not listed, on things that are exclusive."""
    found = []
    for what, origin in draft.desired.exclusive.items():
        for on in _all_in(draft, what) if isinstance(what, AllIn) else [what]:
            owner = _owner(draft, on)
            others = sorted({each.grantee for each in draft.state.grants.on(on)} - {owner})
            for grantee in others:
                if (on, grantee) in pairs:
                    continue
                held = draft.state.grants.on(on, grantee)
                who = "everybody (public)" if grantee == PUBLIC else grantee
                reason = f"exclusive in {origin}, and {who} is not listed"
                found += [
                    PlannedRevoke(revoke, reason, origin) for revoke in _surplus(on, grantee, _Pair(origin), held)
                ]
    return found


def _owner(draft: Draft, on: Securable) -> str | None:
    if isinstance(on, Future):
        return on.creator
    view = Target(Kind.VIEW, on.name)
    owner = draft.state.objects.get(on, draft.state.objects.get(view, {})).get("owner")
    return None if owner is None else str(owner)
