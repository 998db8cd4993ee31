"""How the tables are called that remember what was deployed."""

from dataclasses import dataclass

from data_platform.errors import UsageError


@dataclass(frozen=True, slots=True)
class Names:
    """Where a changelog works, and where it is remembered; as in Liquibase's options of these names.

    Args:
        default_schema: schema in which changesets create what they do not qualify (`--default-schema-name`); None for
            the connection's own.
        liquibase_schema: schema of the two tables (`--liquibase-schema-name`); None for the default schema.
        changelog_table: `--database-changelog-table-name`.
        lock_table: `--database-changelog-lock-table-name`.
    """

    default_schema: str | None = None
    liquibase_schema: str | None = None
    changelog_table: str = "databasechangelog"
    lock_table: str = "databasechangeloglock"

    def __post_init__(self) -> None:
        for name in (self.default_schema, self.liquibase_schema, self.changelog_table, self.lock_table):
            if name is not None and (not name or set(name) & set("%\0")):
                raise UsageError(f"{name!r} cannot be the name of a schema or table", anchor="database-urls")


@dataclass(frozen=True, slots=True)
class Tables:
    """Where writes go.

    Args:
        changelog: qualified and quoted name of `databasechangelog`.
        notes: of the side table.
        now: expression for the database's clock, without a time zone.
        ledger: what tells this `databasechangelog` from others in the same database, in the side table.
    """

    changelog: str
    notes: str
    now: str
    ledger: str


def folded(name: str) -> str:
    """A name as PostgreSQL and DuckDB know it when it is written in one case; one in mixed case stays."""
    return name.lower() if name.isupper() else name


def quoted(name: str) -> str:
    """The identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | int | None) -> str:
    """A value as SQL text, where backslashes mean nothing in quotes."""
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
