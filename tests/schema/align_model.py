"""A database in memory that refuses what PostgreSQL refuses, and random states of it."""

from hypothesis import strategies as st

from data_platform.schema.align.actual import Actual, Held, Member
from data_platform.schema.align.changes import (
    AddMember,
    Alter,
    Change,
    Create,
    Drop,
    Grant,
    Reassign,
    Redefine,
    Rename,
    Revoke,
)
from data_platform.schema.align.desired import Desired, Value, Wanted
from data_platform.schema.align.names import PUBLIC, AllIn, Future, Kind, Securable, Target
from data_platform.schema.align.simulation import Simulation
from tests.schema.align_documents import ROLES, SCHEMAS, TABLE, VIEWS

ADMIN = "admin"
RELATIONS = (Kind.TABLE, Kind.VIEW)


def role(name: str) -> Target:
    return Target(Kind.ROLE, (name,))


class ModelDatabase:
    """Runs changes one after the other; a change that a real database would refuse is a failed test."""

    def __init__(self, actual: Actual, desired: Desired) -> None:
        self.state = Simulation(actual, desired.alignment, desired.dialect)

    def run(self, change: Change) -> None:
        self._refuse(change)
        self.state.do(change)

    def _refuse(self, change: Change) -> None:
        there = self.state.objects
        match change:
            case Create(target):
                assert target not in there, f"{target} is there already"
                assert target.kind is not Kind.VIEW or Target(Kind.SCHEMA, target.schema) in there, "no schema"
                assert target.kind is not Kind.VIEW or Target(Kind.TABLE, target.name) not in there, "a table"
                owner = change.properties.get("owner")
                assert owner is None or role(str(owner)) in there, f"no owner {owner}"
            case Redefine(target) | Alter(target):
                assert target in there, f"no {target}"
                if isinstance(change, Alter) and change.property == "owner":
                    assert role(str(change.value)) in there, f"no owner {change.value}"
            case Rename(target, name):
                assert target in there, f"no {target}"
                assert change.renamed not in there, f"{name} is taken"
            case Drop(target):
                self._refuse_drop(target)
            case Grant(on, grantee) | Revoke(on, grantee):
                self._refuse_unknown(on)
                assert grantee == PUBLIC or role(grantee) in there, f"no role {grantee}"
            case AddMember(group, member):
                assert role(group) in there
                assert member in there
            case Reassign(who, heir):
                assert role(who) in there
                assert role(heir) in there

    def _refuse_drop(self, target: Target) -> None:
        there = self.state.objects
        assert target in there, f"no {target}"
        assert not self.state.read_by.get(target), f"{target} is read"
        if target.kind is Kind.SCHEMA:
            assert not [each for each in there if each.kind in RELATIONS and each.schema == target.name]
        if target.kind is Kind.ROLE:
            name = target.name[0]
            assert not [each for each, found in there.items() if found.get("owner") == name]
            assert not [held for held in self.state.grants if name in (held.grantee, held.grantor, _creator(held.on))]

    def _refuse_unknown(self, on: Securable) -> None:
        there = self.state.objects
        if isinstance(on, Future):
            assert Target(Kind.SCHEMA, on.schema) in there
            assert on.creator is None or role(on.creator) in there
        else:
            assert on in there or Target(Kind.VIEW, on.name) in there, f"no {on}"


@st.composite
def actuals(draw: st.DrawFn) -> Actual:
    """Live states: some of it managed, some by somebody else, most by nobody."""
    objects: dict[Target, dict[str, Value]] = {role(ADMIN): _a_role(False, False)}
    for name in draw(st.lists(st.sampled_from(ROLES), unique=True)):
        objects[role(name)] = _a_role(draw(st.booleans()), draw(st.booleans()))
    owners = st.sampled_from([ADMIN, ADMIN, *(target.name[0] for target in objects)])
    for schema in draw(st.lists(st.sampled_from(SCHEMAS), unique=True)):
        objects[Target(Kind.SCHEMA, (schema,))] = {"comment": "", "owner": draw(owners)}
        if draw(st.booleans()):
            objects[Target(Kind.TABLE, (schema, TABLE))] = {"owner": draw(owners)}
        for view in draw(st.lists(st.sampled_from(VIEWS), unique=True)):
            definition = draw(st.sampled_from(["select 1 AS a", "select 9"]))
            found: dict[str, Value] = {"comment": "", "owner": draw(owners), "definition": definition}
            objects[Target(Kind.VIEW, (schema, view))] = found
    managed = {
        target: draw(st.sampled_from(["platform"] * 6 + ["other"]))
        for target in objects
        if target.kind is not Kind.TABLE and target != role(ADMIN) and draw(st.booleans())
    }
    return Actual(
        "model",
        ADMIN,
        objects,
        managed,
        draw(_members(objects)),
        draw(_held(objects)),
    )


def wrong_with(desired: Desired, actual: Actual) -> list[str]:
    """What of the desired state the database does not have."""
    return [
        *(said for wanted in desired.objects if (said := _wrong_object(wanted, actual))),
        *_wrong_grants(desired, actual),
        *_wrong_members(desired, actual),
    ]


def _wrong_object(wanted: Wanted, actual: Actual) -> str | None:
    there, managed = actual.objects.get(wanted.target), actual.managed.get(wanted.target)
    if wanted.released:
        return f"{wanted.target} is still managed" if managed == "platform" else None
    if wanted.deleted:
        return f"{wanted.target} is still there" if there is not None or managed else None
    if there is None or managed != "platform":
        return f"{wanted.target} is not there, or not managed"
    differing = [key for key, value in wanted.properties.items() if there.get(key) != value]
    return f"{wanted.target} has other {differing}" if differing else None


def _wrong_grants(desired: Desired, actual: Actual) -> list[str]:
    wanted: dict[tuple[Securable, str], dict[str, bool]] = {}
    for grant in desired.grants:
        for on in things(grant.on, actual):
            pair = wanted.setdefault((on, grant.grantee), {})
            for privilege in grant.privileges:
                pair[privilege] = pair.get(privilege, False) or grant.grantable
    found = []
    for (on, grantee), privileges in wanted.items():
        held: dict[str, bool] = {}
        for each in actual.grants:
            if (each.on, each.grantee) == (on, grantee):
                held[each.privilege] = held.get(each.privilege, False) or each.grantable
        if grantee != owner_of(on, actual) and held != privileges:
            found.append(f"{grantee} has {held} on {on}, not {privileges}")
    for what in desired.exclusive:
        for on in things(what, actual):
            others = {each.grantee for each in actual.grants if each.on == on} - {owner_of(on, actual)}
            found += [f"{other} has something on {on}" for other in others if (on, other) not in wanted]
    return found


def _wrong_members(desired: Desired, actual: Actual) -> list[str]:
    found = []
    for wanted in desired.members:
        rows = [each for each in actual.members if (each.role, each.member) == (wanted.role, wanted.member)]
        right = not rows if wanted.deleted else bool(rows) and any(row.admin for row in rows) == wanted.admin
        for may, has in ((wanted.inherit, [r.inherit for r in rows]), (wanted.set_role, [r.set_role for r in rows])):
            right = right and (may is None or wanted.deleted or any(has) == may)
        if not right:
            found.append(f"{wanted} but {rows}")
    for group in desired.exclusive_roles:
        listed = {wanted.member for wanted in desired.members if wanted.role == group}
        members = {each.member for each in actual.members if each.role == group}
        found += [f"{member} is in {group}" for member in members - listed - {role(actual.applier)}]
    return found


def things(what: Securable | AllIn, actual: Actual) -> list[Securable]:
    """What a grant is on."""
    if not isinstance(what, AllIn):
        return [what]
    return [
        Target(Kind.TABLE, each.name)
        for each in actual.objects
        if each.kind in RELATIONS and each.schema == what.schema
    ]


def owner_of(on: Securable, actual: Actual) -> object:
    """Who may do everything anyway."""
    if isinstance(on, Future):
        return on.creator
    found = actual.objects.get(on) or actual.objects.get(Target(Kind.VIEW, on.name)) or {}
    return found.get("owner")


def _a_role(login: bool, createdb: bool) -> dict[str, Value]:
    return {"login": login, "inherit": True, "createdb": createdb, "connection_limit": -1, "comment": ""}


def _members(objects: dict[Target, dict[str, Value]]) -> st.SearchStrategy[frozenset[Member]]:
    there = [name for name in ROLES if role(name) in objects]
    pairs = [(group, member) for at, group in enumerate(there) for member in there[:at]]
    if not pairs:
        return st.just(frozenset())
    flags = st.booleans()
    # one row for each grantor, as in the catalogue
    rows = st.dictionaries(
        st.tuples(st.sampled_from(pairs), st.sampled_from([ADMIN, "boss"])), st.tuples(flags, flags, flags), max_size=4
    )
    return rows.map(
        lambda found: frozenset(
            Member(group, role(member), grantor, *options) for ((group, member), grantor), options in found.items()
        )
    )


@st.composite
def _held(draw: st.DrawFn, objects: dict[Target, dict[str, Value]]) -> frozenset[Held]:
    grantees = [PUBLIC, *(target.name[0] for target in objects if target.kind is Kind.ROLE)]
    found: set[Held] = set()
    for target, properties in objects.items():
        if target.kind is Kind.ROLE:
            continue
        on = target if target.kind is Kind.SCHEMA else Target(Kind.TABLE, target.name)
        known = ["USAGE", "CREATE"] if target.kind is Kind.SCHEMA else ["SELECT", "INSERT", "TRIGGER"]
        for grantee in draw(st.lists(st.sampled_from(grantees), unique=True, max_size=2)):
            if grantee == properties["owner"]:
                continue
            privilege, grantable = draw(st.sampled_from(known)), grantee != PUBLIC and draw(st.booleans())
            found.add(Held(on, grantee, privilege, grantable))
            further = draw(st.sampled_from(grantees))
            if grantable and further not in (grantee, properties["owner"]) and draw(st.booleans()):
                found.add(Held(on, further, privilege, False, grantee))
    return frozenset(found)


def _creator(on: Securable) -> str | None:
    return on.creator if isinstance(on, Future) else None
