"""Why a PostgreSQL role or schema that is to go cannot be dropped."""

from collections import defaultdict

from data_platform.schema.align.actual import Tie
from data_platform.schema.align.names import Kind, Target
from data_platform.schema.align.scope import Scope
from data_platform.schema.postgres_session import Session

# what a role owns or is granted, in all databases; in another one only its name can be told
_OF_ROLES = """
SELECT r.rolname, s.deptype, s.classid::regclass::text, s.objsubid, d.datname,
       CASE WHEN d.datname IS NULL OR d.datname = current_database()
            THEN pg_describe_object(s.classid, s.objid, s.objsubid) END,
       c.relkind, cn.nspname, c.relname, n.nspname, b.datname, a.oid
FROM pg_shdepend s
JOIN pg_roles r ON r.oid = s.refobjid AND s.refclassid = 'pg_authid'::regclass
LEFT JOIN pg_database d ON d.oid = s.dbid
LEFT JOIN pg_class c ON s.classid = 'pg_class'::regclass AND c.oid = s.objid AND d.datname = current_database()
LEFT JOIN pg_namespace cn ON cn.oid = c.relnamespace
LEFT JOIN pg_namespace n ON s.classid = 'pg_namespace'::regclass AND n.oid = s.objid AND d.datname = current_database()
LEFT JOIN pg_database b ON s.classid = 'pg_database'::regclass AND b.oid = s.objid
LEFT JOIN pg_default_acl a ON s.classid = 'pg_default_acl'::regclass AND a.oid = s.objid
                              AND d.datname = current_database() AND a.defaclobjtype IN ('r', 'S', 'n')
WHERE r.rolname = ANY(%s)"""

# what lies in a schema besides tables, views and sequences (and what comes and goes with those)
_OF_SCHEMAS = """
SELECT n.nspname, pg_describe_object(d.classid, d.objid, d.objsubid)
FROM pg_depend d JOIN pg_namespace n ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid
WHERE n.nspname = ANY(%s) AND d.deptype = 'n' AND NOT d.classid = 'pg_default_acl'::regclass
  AND NOT (d.classid = 'pg_class'::regclass
           AND d.objid IN (SELECT oid FROM pg_class WHERE relkind IN ('r', 'p', 'f', 'm', 'v', 'S')))"""

_GRANTED_ON = {"pg_class", "pg_namespace", "pg_database"}


def ties_of(session: Session, scope: Scope) -> dict[Target, tuple[Tie, ...]]:
    """What holds the roles and schemas that are to go.

    Raises:
        DatabaseError: the catalogue cannot be read.
    """
    found: dict[Target, list[Tie]] = defaultdict(list)
    for role, dependency, catalogue, column, database, described, *names in (
        session.query(_OF_ROLES, (scope.going(Kind.ROLE),)) if scope.going(Kind.ROLE) else ()
    ):
        target = Target(Kind.ROLE, (role,))
        relkind, schema, relation, namespace, other, future = names
        if described is None:
            found[target].append(Tie(f"owns or is granted things in the database {database}"))
        elif catalogue == "pg_default_acl":
            if future is None:
                found[target].append(Tie(f"is named in {described}"))
        elif dependency == "o":
            found[target].append(Tie(f"owns {described}", _known(relkind, schema, relation, namespace, other), True))
        elif catalogue not in _GRANTED_ON or column or dependency != "a":
            found[target].append(Tie(f"is granted or named on {described}"))
    for schema, described in (
        session.query(_OF_SCHEMAS, (scope.going(Kind.SCHEMA),)) if scope.going(Kind.SCHEMA) else ()
    ):
        found[Target(Kind.SCHEMA, (schema,))].append(Tie(f"holds {described}"))
    return {target: tuple(sorted(set(ties), key=lambda tie: tie.what)) for target, ties in found.items()}


def _known(
    relkind: str | None, schema: str | None, relation: str | None, namespace: str | None, database: str | None
) -> Target | None:
    """The owned object, if it is of a kind that alignment knows."""
    if relation and schema:
        kind = {"v": Kind.VIEW, "S": Kind.SEQUENCE}.get(relkind or "", Kind.TABLE)
        return Target(kind, (schema, relation))
    if namespace:
        return Target(Kind.SCHEMA, (namespace,))
    return Target(Kind.DATABASE, (database,)) if database else None
