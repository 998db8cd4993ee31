"""Random documents of desired state, over few names so that they meet."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

ROLES = ["anna", "ben", "carla", "dora"]
SCHEMAS = ["raw", "marts", "extra"]
VIEWS = ["v1", "v2", "v3"]
TABLE = "t1"  # never made by alignment

_ON_TABLES = ["select", "insert", "update", "delete"]
_ON_SCHEMAS = ["usage", "create"]
_mostly = st.sampled_from([True, True, True, True, True, True, True, False])
_rarely = st.sampled_from([False, False, False, False, False, True])
_fates = st.sampled_from(["stays"] * 6 + ["deleted", "released", "left out"])


@dataclass(frozen=True)
class Names:
    """What stays of each kind, and may be spoken of."""

    roles: list[str]
    schemas: list[str]
    views: list[str]


@st.composite
def documents(draw: st.DrawFn, prefix: str = "", *, adopt: bool = False) -> dict[str, Any]:
    """A document whose roles begin with a prefix.

    Most speak only of what they list, so that few are refused.

    Args:
        adopt: whether every object is to be adopted.
    """
    roles = draw(_objects([prefix + role for role in ROLES], adopt))
    schemas = draw(_objects(SCHEMAS, adopt))
    views = draw(_objects([f"{schema}.{view}" for schema in _staying(schemas) for view in VIEWS], adopt))
    names = Names(_staying(roles), _staying(schemas), [view for view in _staying(views) if draw(_mostly)])
    for entry in roles:
        if _stays(entry):
            keys = draw(st.sets(st.sampled_from(["login", "inherit", "createdb"])))
            entry |= {key: draw(st.booleans()) for key in sorted(keys)}
        elif "deleted" in entry and names.roles and draw(_mostly):
            entry["owned_to"] = draw(st.sampled_from(names.roles))
    for entry in [*schemas, *views]:
        if _stays(entry) and names.roles and draw(_rarely):
            entry["owner"] = draw(st.sampled_from(names.roles))
    views = [entry | (draw(_definition(entry["name"], names)) if _stays(entry) else {}) for entry in views]
    memberships = draw(_memberships(names.roles)) if len(names.roles) > 1 else []
    grants = draw(st.lists(_grant(names), max_size=4)) if names.roles and names.schemas else []
    return {"roles": roles, "schemas": schemas, "views": views, "memberships": memberships, "grants": grants}


@st.composite
def _objects(draw: st.DrawFn, names: list[str], adopt: bool) -> list[dict[str, Any]]:
    found = []
    for name in draw(st.permutations(names)):
        fate = draw(_fates)
        if fate == "left out":
            continue
        entry: dict[str, Any] = {"name": name, "adopt": adopt or draw(_mostly)}
        if fate != "stays":
            entry[fate] = True
        elif draw(_rarely):
            others = [other for other in names if other != name]
            entry |= {"renamed_from": draw(st.sampled_from(others))} if others else {}
        elif draw(_rarely):
            entry["comment"] = draw(st.sampled_from(["", "it's", "a; b"]))
        found.append(entry)
    return found


@st.composite
def _definition(draw: st.DrawFn, name: str, names: Names) -> dict[str, Any]:
    columns = draw(st.sampled_from(["1 AS a", "1 AS a, 2 AS b", "'x' AS a", "2 as b,  1 as  a"]))
    # a view reads those before it, so that there are no circles
    earlier = [view for view in names.views if view < name]
    source = draw(st.sampled_from([None, None, *earlier]))
    return {"definition": f"SELECT {columns} FROM {source} AS source" if source else f"select {columns}"}


@st.composite
def _grant(draw: st.DrawFn, names: Names) -> dict[str, Any]:
    schema = draw(st.sampled_from(names.schemas))
    kind = draw(st.sampled_from(["schema", "all", "future", *(["view", "view"] if names.views else [])]))
    entry: dict[str, Any] = {"schema": schema}
    if kind == "all":
        entry["all"] = "tables"
    elif kind == "future":
        entry |= {"future": "tables", "created_by": draw(st.sampled_from(names.roles))}
    elif kind == "view":
        entry = {"view": draw(st.sampled_from(names.views))}
    listed = st.lists(st.sampled_from([*names.roles, "public"]), unique=True, min_size=1, max_size=3)
    entry["to"] = draw(listed)
    if draw(_rarely):
        return entry | {"deleted": True}
    known = _ON_SCHEMAS if kind == "schema" else [*_ON_TABLES, "all"]
    entry["privileges"] = draw(st.lists(st.sampled_from(known), unique=True, min_size=1, max_size=3))
    entry["grantable"] = "public" not in entry["to"] and draw(_rarely)
    return entry | {"exclusive": draw(st.booleans())}


@st.composite
def _memberships(draw: st.DrawFn, roles: list[str]) -> list[dict[str, Any]]:
    # a role is only in those after it, so that there are no circles
    roles = sorted(roles)
    found = []
    for at in draw(st.lists(st.integers(1, len(roles) - 1), unique=True, max_size=2)):
        members = draw(st.lists(st.sampled_from(roles[:at]), unique=True, min_size=1, max_size=2))
        entry: dict[str, Any] = {"role": roles[at], "members": members}
        if draw(_rarely):
            entry["deleted"] = True
        else:
            entry |= {"admin": draw(_rarely), "exclusive": draw(_rarely)}
            entry |= {
                option: draw(st.booleans()) for option in sorted(draw(st.sets(st.sampled_from(["inherit", "set"]))))
            }
        found.append(entry)
    return found


def _staying(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["name"] for entry in entries if _stays(entry)]


def _stays(entry: dict[str, Any]) -> bool:
    return not ("deleted" in entry or "released" in entry)
