"""Live state of a Snowflake account, from what SHOW tells: only what is in scope. Not verified against an account."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from data_platform.schema.align.actual import Actual, Held, Member, Tie
from data_platform.schema.align.desired import Value
from data_platform.schema.align.dialects import SNOWFLAKE
from data_platform.schema.align.names import Future, Kind, Name, Target
from data_platform.schema.align.scope import Scope
from data_platform.schema.align.view_sql import query_of
from data_platform.schema.names import quoted

Show = Callable[[str], Iterable[Mapping[str, Any]]]

_IN_A_SCHEMA = {Kind.TABLE: "TABLES", Kind.VIEW: "VIEWS", Kind.SEQUENCE: "SEQUENCES"}
# what DROP SCHEMA would take with it, unasked
_ALSO_IN_A_SCHEMA = ("STAGES", "FILE FORMATS", "STREAMS", "TASKS", "PIPES", "USER FUNCTIONS", "USER PROCEDURES")
_SECURABLE = (Kind.DATABASE, Kind.WAREHOUSE, Kind.SCHEMA, *_IN_A_SCHEMA)


def read(show: Show, scope: Scope, *, name: str, applier: str, managed: Iterable[tuple[str, str, str]]) -> Actual:
    """Read what is in scope.

    Args:
        show: runs a SHOW statement and gives its rows by column.
        applier: the role in use.
        managed: kind, name and alignment of what is recorded as managed.
    """
    objects: dict[Target, dict[str, Value]] = {}
    _read_account(show, scope, objects)
    _read_schemas(show, scope, objects)
    _read_relations(show, scope, objects)
    recorded = {}
    for kind, written, alignment in managed:
        target = Target(Kind(kind), SNOWFLAKE.name_of(Kind(kind), written))
        if alignment == scope.alignment or target in scope.objects:
            recorded[target] = alignment
    return Actual(
        name,
        applier,
        objects,
        recorded,
        frozenset(_members(show, scope, objects)),
        frozenset([*_held(show, scope, objects), *_future(show, scope, objects)]),
        ties={target: _ties(show, target) for target in scope.leaving if target in objects},
    )


def _read_account(show: Show, scope: Scope, objects: dict[Target, dict[str, Value]]) -> None:
    for kind in (Kind.ROLE, Kind.USER, Kind.WAREHOUSE, Kind.DATABASE):
        if not scope.words(kind):
            continue
        for row in show(f"SHOW {kind.upper()}S"):
            target = Target(kind, (row["name"],))
            if target in scope.objects:
                objects[target] = _described(row, with_owner=kind in (Kind.WAREHOUSE, Kind.DATABASE))
                if kind is Kind.WAREHOUSE:
                    objects[target] |= _warehouse(row)


def _warehouse(row: Mapping[str, Any]) -> dict[str, Value]:
    found: dict[str, Value] = {
        "size": str(row["size"]).upper().replace("-", ""),
        "auto_suspend": int(row["auto_suspend"] or 0),
        "auto_resume": _yes(row["auto_resume"]),
    }
    for key, column in (("min_clusters", "min_cluster_count"), ("max_clusters", "max_cluster_count")):
        if row.get(column) is not None:
            found[key] = int(row[column])
    return found


def _read_schemas(show: Show, scope: Scope, objects: dict[Target, dict[str, Value]]) -> None:
    for database in sorted({name[0] for name in scope.names(Kind.SCHEMA)}):
        if not _exists(show, database, objects):
            continue
        for row in show(f"SHOW SCHEMAS IN DATABASE {quoted(database)}"):
            target = Target(Kind.SCHEMA, (database, row["name"]))
            if target in scope.objects:
                objects[target] = _described(row)


def _exists(show: Show, database: str, objects: dict[Target, dict[str, Value]]) -> bool:
    target = Target(Kind.DATABASE, (database,))
    return target in objects or any(row["name"] == database for row in show("SHOW DATABASES"))


def _read_relations(show: Show, scope: Scope, objects: dict[Target, dict[str, Value]]) -> None:
    leaving = {target.name for target in scope.leaving}
    for schema in sorted({name[:-1] for name in scope.relations} | scope.whole):
        if Target(Kind.SCHEMA, schema) not in objects:
            continue
        for kind, word in _IN_A_SCHEMA.items():
            for row in show(f"SHOW {word} IN SCHEMA {_name(schema)}"):
                target = Target(kind, (*schema, row["name"]))
                if not (target in scope.objects or schema in scope.whole or schema in leaving):
                    continue
                objects[target] = _described(row)
                if kind is Kind.VIEW:
                    definition = query_of(str(row["text"]), SNOWFLAKE)
                    objects[target] |= {"definition": definition, "secure": _yes(row["is_secure"])}


def _held(show: Show, scope: Scope, objects: dict[Target, dict[str, Value]]) -> Iterable[Held]:
    for target, properties in sorted(objects.items()):
        if target.kind not in _SECURABLE or not (target in scope.objects or target.schema in scope.whole):
            continue
        for row in show(f"SHOW GRANTS ON {target.kind.upper()} {_name(target.name)}"):
            owned = row["privilege"] == "OWNERSHIP" or row["grantee_name"] == properties.get("owner")
            if row["granted_to"] == "ROLE" and not owned:
                yield Held(target, row["grantee_name"], row["privilege"], _yes(row["grant_option"]))


def _future(show: Show, scope: Scope, objects: dict[Target, dict[str, Value]]) -> Iterable[Held]:
    for schema in scope.names(Kind.SCHEMA):
        if Target(Kind.SCHEMA, schema) not in objects:
            continue
        for row in show(f"SHOW FUTURE GRANTS IN SCHEMA {_name(schema)}"):
            kind = next((kind for kind in _IN_A_SCHEMA if kind.upper() == row["grant_on"]), None)
            if kind is not None and row["grant_to"] == "ROLE" and row["privilege"] != "OWNERSHIP":
                yield Held(Future(kind, schema), row["grantee_name"], row["privilege"], _yes(row["grant_option"]))


def _members(show: Show, scope: Scope, objects: dict[Target, dict[str, Value]]) -> Iterable[Member]:
    for role in sorted(scope.groups):
        if Target(Kind.ROLE, (role,)) not in objects:
            continue
        for row in show(f"SHOW GRANTS OF ROLE {quoted(role)}"):
            kind = Kind.USER if row["granted_to"] == "USER" else Kind.ROLE
            yield Member(role, Target(kind, (row["grantee_name"],)))


def _ties(show: Show, target: Target) -> tuple[Tie, ...]:
    if target.kind is not Kind.SCHEMA:
        return ()
    return tuple(
        Tie(f"holds {word.lower().removesuffix('s')} {row['name']}")
        for word in _ALSO_IN_A_SCHEMA
        for row in show(f"SHOW {word} IN SCHEMA {_name(target.name)}")
    )


def _described(row: Mapping[str, Any], *, with_owner: bool = True) -> dict[str, Value]:
    found: dict[str, Value] = {"comment": row.get("comment") or ""}
    return found | ({"owner": row["owner"]} if with_owner and row.get("owner") else {})


def _yes(value: object) -> bool:
    return str(value).lower() in {"true", "y", "yes"}


def _name(name: Name) -> str:
    return ".".join(quoted(part) for part in name)
