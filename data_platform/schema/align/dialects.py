"""The database systems that can be aligned."""

from data_platform.schema.align.dialect import Dialect
from data_platform.schema.align.names import Kind

_RELATION = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"]


def postgresql(version: int = 180000) -> Dialect:
    """PostgreSQL.

    Args:
        version: as `server_version_num` has it.
    """
    relation = (*_RELATION, *(["MAINTAIN"] if version >= 170000 else []))
    return Dialect(
        name="postgresql",
        version=version,
        parts={
            **dict.fromkeys((Kind.ROLE, Kind.USER, Kind.DATABASE, Kind.SCHEMA), 1),
            **dict.fromkeys((Kind.VIEW, Kind.TABLE, Kind.SEQUENCE), 2),
        },
        properties={
            Kind.ROLE: frozenset({"login", "inherit", "createdb", "connection_limit", "comment"}),
            Kind.DATABASE: frozenset({"owner", "connection_limit", "comment"}),
            Kind.SCHEMA: frozenset({"owner", "comment"}),
            Kind.VIEW: frozenset({"owner", "comment", "definition", "security_invoker", "security_barrier"}),
        },
        privileges={
            Kind.DATABASE: ("CREATE", "CONNECT", "TEMPORARY"),
            Kind.SCHEMA: ("CREATE", "USAGE"),
            Kind.TABLE: relation,
            Kind.VIEW: relation,
            Kind.SEQUENCE: ("SELECT", "UPDATE", "USAGE"),
        },
        public_at_first={Kind.DATABASE: ("CONNECT", "TEMPORARY")},
        futures=frozenset({Kind.TABLE, Kind.SEQUENCE}),
        future_of_a_creator=True,
        views_are_tables=True,
        users_are_roles=True,
        reserved_roles=frozenset({"public", "none", "current_user", "session_user", "current_role"}),
        reserved_schemas=frozenset({"information_schema", "platform"}),
        longest=63,
        revokes_before_drop=True,
        all_covers_views=True,
        membership_options=version >= 160000,
        membership_admin=True,
    )


DUCKDB = Dialect(
    name="duckdb",
    parts={Kind.SCHEMA: 1, Kind.VIEW: 2, Kind.TABLE: 2},
    properties={Kind.SCHEMA: frozenset(), Kind.VIEW: frozenset({"comment", "definition"})},
    reserved_schemas=frozenset({"information_schema", "pg_catalog", "platform"}),
    renames=frozenset({Kind.VIEW}),
    moves_views=False,
    case_matters=False,
)

_SNOWFLAKE_TABLE = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "EVOLVE SCHEMA")

SNOWFLAKE = Dialect(
    name="snowflake",
    parts={
        **dict.fromkeys((Kind.ROLE, Kind.USER, Kind.DATABASE, Kind.WAREHOUSE), 1),
        Kind.SCHEMA: 2,
        **dict.fromkeys((Kind.VIEW, Kind.TABLE, Kind.SEQUENCE), 3),
    },
    properties={
        Kind.ROLE: frozenset({"comment"}),
        Kind.WAREHOUSE: frozenset(
            {"comment", "size", "auto_suspend", "auto_resume", "min_clusters", "max_clusters", "owner"}
        ),
        Kind.DATABASE: frozenset({"owner", "comment"}),
        Kind.SCHEMA: frozenset({"owner", "comment"}),
        Kind.VIEW: frozenset({"owner", "comment", "definition", "secure"}),
    },
    privileges={
        Kind.WAREHOUSE: ("MODIFY", "MONITOR", "OPERATE", "USAGE", "APPLYBUDGET"),
        Kind.DATABASE: ("CREATE SCHEMA", "MODIFY", "MONITOR", "USAGE"),
        Kind.SCHEMA: (
            *("MODIFY", "MONITOR", "USAGE", "CREATE TABLE", "CREATE VIEW", "CREATE SEQUENCE", "CREATE FUNCTION"),
            *("CREATE PROCEDURE", "CREATE STAGE", "CREATE FILE FORMAT", "CREATE STREAM", "CREATE TASK", "CREATE PIPE"),
            *("CREATE DYNAMIC TABLE", "CREATE MATERIALIZED VIEW", "ADD SEARCH OPTIMIZATION"),
        ),
        Kind.TABLE: _SNOWFLAKE_TABLE,
        Kind.VIEW: ("SELECT", "REFERENCES"),
        Kind.SEQUENCE: ("USAGE",),
    },
    futures=frozenset({Kind.TABLE, Kind.VIEW, Kind.SEQUENCE}),
    reserved_roles=frozenset({"ACCOUNTADMIN", "SECURITYADMIN", "SYSADMIN", "USERADMIN", "ORGADMIN", "PUBLIC"}),
    reserved_schemas=frozenset({"INFORMATION_SCHEMA", "PLATFORM"}),
    uppercase=True,
    longest=255,
)
