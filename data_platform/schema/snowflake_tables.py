"""Snowflake: where the two tables of Liquibase and the side table are, and making them."""

# ruff: noqa: S608 - identifiers are quoted here, values bound

import re
from collections.abc import Callable

from data_platform.schema import ledger, notes
from data_platform.schema.errors import DatabaseError
from data_platform.schema.names import Names, Tables, quoted
from data_platform.schema.names import literal as plain_literal
from data_platform.schema.snowflake_session import SnowflakeSession
from data_platform.schema.write_sql import Value

_TYPES = {"timestamp": "TIMESTAMP_NTZ", "integer": "INT"}
_NOW = "current_timestamp::timestamp_ntz"
_PLAIN = re.compile(r"[A-Z_][A-Z0-9_$]*")


def identifier(name: str) -> str:
    """A name as Snowflake knows it: upper case unless it is mixed; in quotes where it must be."""
    folded = name.upper() if name.islower() or name.isupper() else name
    return folded if _PLAIN.fullmatch(folded) else quoted(folded)


def literal(value: Value) -> str:
    """A value as SQL text; a backslash in quotes begins an escape here."""
    return plain_literal(value.replace("\\", "\\\\") if isinstance(value, str) else value)


class SnowflakeTables:
    """Qualified names of the tables.

    Attributes:
        schema: the default schema, with its database.
    """

    def __init__(self, session: SnowflakeSession, names: Names, path: str) -> None:
        self.session = session
        database, _, schema = path.partition("/")
        if not (database and (schema or names.default_schema)):
            ((current_database, current_schema),) = session.query("SELECT CURRENT_DATABASE(), CURRENT_SCHEMA()")
            database, schema = database or current_database, schema or current_schema
        default = names.default_schema or schema
        self.database = identifier(database)
        self.schema_name = identifier(default)
        self.schema = f"{self.database}.{self.schema_name}"
        own = f"{self.database}.{identifier(names.liquibase_schema or default)}"
        self.lock = f"{own}.{identifier(names.lock_table)}"
        self.lock_key = identifier(f"pk_{names.lock_table}" if names.lock_table.islower() else f"PK_{names.lock_table}")
        changelog = f"{own}.{identifier(names.changelog_table)}"
        self.notes_schema = f"{self.database}.{identifier(notes.SCHEMA)}"
        self.targets = Tables(changelog, f"{self.notes_schema}.{identifier(notes.TABLE)}", _NOW, changelog)

    def create(self) -> None:
        """Make Liquibase's tables where they are missing.

        Raises:
            DatabaseError: the schema is not there, or a privilege is missing.
        """
        for create in (
            ledger.create_lock(self.lock, self.lock_key, **_TYPES),
            ledger.create_changelog(self.targets.changelog, **_TYPES),
        ):
            self.session.query(create.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1))
        self.session.query(
            f"INSERT INTO {self.lock} (ID, LOCKED) SELECT 1, FALSE"
            f" WHERE NOT EXISTS (SELECT 1 FROM {self.lock} WHERE ID = 1)"
        )

    def create_notes(self, tell: Callable[[str], None]) -> bool:
        """Make the side table; when a privilege is missing, tell what that means, and go on without it.

        Returns:
            Whether it is there.
        """
        create = ledger.create_notes(self.targets.notes, text="VARCHAR", **_TYPES)
        try:
            self.session.query(f"CREATE SCHEMA IF NOT EXISTS {self.notes_schema}")
            self.session.query(create.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1))
        except DatabaseError as error:
            tell(f"{self.targets.notes} cannot be created, so a changeset that fails is not resumed: {error.what}")
            return False
        return True

    def has(self, kind: str, name: str, schema: str | None, more: str) -> bool:
        """Whether there is something of this name, compared without regard to case.

        Args:
            kind: a view of INFORMATION_SCHEMA: `TABLES` or `VIEWS`.
            schema: None means the default schema.
            more: a further condition.
        """
        in_schema = (schema or self.schema_name).strip('"')
        found = self.session.query(
            f"SELECT 1 FROM {self.database}.INFORMATION_SCHEMA.{kind} WHERE UPPER(TABLE_NAME) = UPPER(%s)"
            f" AND UPPER(TABLE_SCHEMA) = UPPER(%s) {more}",
            (name.strip('"'), in_schema),
        )
        return bool(found)
