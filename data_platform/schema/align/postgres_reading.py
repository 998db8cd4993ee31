"""Live state of a PostgreSQL database, read from its catalogue: only what is in scope. Nothing is written."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from data_platform.schema.align import postgres_queries as queries
from data_platform.schema.align.actual import Actual, Held, Member
from data_platform.schema.align.desired import Value
from data_platform.schema.align.dialect import Dialect
from data_platform.schema.align.names import Future, Kind, Name, Target
from data_platform.schema.align.postgres_ties import ties_of
from data_platform.schema.align.registry import TABLE
from data_platform.schema.align.scope import Scope
from data_platform.schema.postgres_session import Session

_KINDS = {"v": Kind.VIEW, "S": Kind.SEQUENCE}
_FUTURES = {"r": Kind.TABLE, "S": Kind.SEQUENCE, "n": Kind.SCHEMA}
_OPTIONS = ("security_invoker", "security_barrier")


def read(session: Session, scope: Scope, dialect: Dialect) -> Actual:
    """Read what is in scope, in the transaction that is open.

    Raises:
        DatabaseError: the catalogue cannot be read.
    """
    ((database, applier),) = session.query(
        "SELECT current_database() || ' ' || (SELECT oid FROM pg_database WHERE datname = current_database()),"
        " current_user"
    )
    objects: dict[Target, dict[str, Value]] = {}
    _read_shared(session, scope, objects)
    relations = session.query(queries.RELATIONS, _relation_names(scope))
    for _, schema, name, kind, owner in relations:
        target = Target(_KINDS.get(kind, Kind.TABLE), (schema, name))
        objects[target] = {"owner": owner} | ({"materialized": True} if kind == "m" else {})
    oids = {oid: Target(Kind.VIEW, (schema, name)) for oid, schema, name, kind, _ in relations if kind == "v"}
    for oid, definition, comment, options, columns in session.query(queries.VIEWS, (list(oids),)):
        objects[oids[oid]] |= view_properties(definition, columns, options) | {"comment": comment}
    read_by: dict[Target, set[Target]] = defaultdict(set)
    for oid, schema, name, kind in session.query(queries.READERS, (list(oids),)):
        read_by[oids[oid]].add(Target(_KINDS.get(kind, Kind.TABLE), (schema, name)))
    return Actual(
        database,
        applier,
        objects,
        _managed(session, scope, dialect),
        frozenset(_members(session, scope, dialect)),
        frozenset(_held(session, scope, applier)),
        {view: frozenset(readers) for view, readers in read_by.items()},
        ties_of(session, scope),
    )


def view_properties(definition: str, columns: Sequence[str], options: Iterable[str] | None) -> dict[str, Value]:
    """A view's properties from its row of the catalogue."""
    given = dict(option.split("=", 1) for option in options or ())
    found: dict[str, Value] = {option: given.get(option) in ("true", "on", "yes", "1") for option in _OPTIONS}
    if "check_option" in given:
        found["check_option"] = given["check_option"]
    return found | {"definition": definition, "columns": tuple(columns)}


def _read_shared(session: Session, scope: Scope, objects: dict[Target, dict[str, Value]]) -> None:
    for name, login, inherit, createdb, limit, comment, powerful in session.query(
        queries.ROLES, (scope.words(Kind.ROLE),)
    ):
        objects[Target(Kind.ROLE, (name,))] = {
            "login": login,
            "inherit": inherit,
            "createdb": createdb,
            "connection_limit": limit,
            "comment": comment,
            "powerful": powerful,
        }
    for name, owner, limit, comment in session.query(queries.DATABASES, (scope.words(Kind.DATABASE),)):
        objects[Target(Kind.DATABASE, (name,))] = {"owner": owner, "connection_limit": limit, "comment": comment}
    for name, owner, comment in session.query(queries.SCHEMAS, (scope.words(Kind.SCHEMA),)):
        objects[Target(Kind.SCHEMA, (name,))] = {"owner": owner, "comment": comment}


def _relation_names(scope: Scope) -> dict[str, list[str]]:
    names: list[Name] = scope.relations
    return {
        "whole": [name[0] for name in scope.whole],
        "schemas": [name[0] for name in names],
        "names": [name[1] for name in names],
    }


def _managed(session: Session, scope: Scope, dialect: Dialect) -> dict[Target, str]:
    if session.query("SELECT to_regclass(%s) IS NULL", (TABLE,))[0][0]:
        return {}
    rows = session.query(f"SELECT kind, name, alignment FROM {TABLE}")  # noqa: S608 (a constant)
    found = {}
    for kind, written, alignment in rows:
        target = Target(Kind(kind), dialect.name_of(Kind(kind), written))
        if alignment == scope.alignment or target in scope.objects:
            found[target] = alignment
    return found


def _members(session: Session, scope: Scope, dialect: Dialect) -> Iterable[Member]:
    options = "a.inherit_option, a.set_option" if dialect.membership_options else "NULL, NULL"
    for role, member, grantor, *rest in session.query(
        queries.MEMBERS.format(options=options), {"groups": sorted(scope.groups)}
    ):
        yield Member(role, Target(Kind.ROLE, (member,)), grantor, *rest)


def _held(session: Session, scope: Scope, applier: str) -> Iterable[Held]:
    leaving = session.query("SELECT oid FROM pg_roles WHERE rolname = ANY(%s)", (scope.going(Kind.ROLE),))
    names: dict[str, Any] = _relation_names(scope) | {
        "databases": scope.words(Kind.DATABASE),
        "in_scope": scope.words(Kind.SCHEMA),
        "makers": [*scope.words(Kind.ROLE), applier],
        "leaving": [oid for (oid,) in leaving],
    }
    for database, *held in session.query(queries.ON_DATABASES, names):
        yield Held(Target(Kind.DATABASE, (database,)), *held)
    for schema, *held in session.query(queries.ON_SCHEMAS, names):
        yield Held(Target(Kind.SCHEMA, (schema,)), *held)
    for schema, name, kind, *held in session.query(queries.ON_RELATIONS, names):
        yield Held(Target(Kind.SEQUENCE if kind == "S" else Kind.TABLE, (schema, name)), *held)
    for schema, kind, creator, *held in session.query(queries.ON_FUTURE, names):
        yield Held(Future(_FUTURES[kind], (schema,), creator), *held)
