"""PostgreSQL: where the two tables of Liquibase and the side table are, and making them."""

# ruff: noqa: S608 - identifiers are quoted by `names`, values bound

from collections.abc import Callable

from data_platform.schema import ledger, notes
from data_platform.schema.errors import DatabaseError
from data_platform.schema.names import Names, Tables, folded, quoted
from data_platform.schema.postgres_errors import (
    DUPLICATE_OBJECT,
    DUPLICATE_SCHEMA,
    DUPLICATE_TABLE,
    INSUFFICIENT_PRIVILEGE,
    UNIQUE_VIOLATION,
    code_of,
)
from data_platform.schema.postgres_session import Session

_TYPES = {"timestamp": "TIMESTAMP WITHOUT TIME ZONE", "integer": "INTEGER"}
# the last is a row of the catalogue
_MADE_MEANWHILE = (DUPLICATE_TABLE, DUPLICATE_OBJECT, DUPLICATE_SCHEMA, UNIQUE_VIOLATION)


class PostgresTables:
    """Names, and whether what they name is there.

    Attributes:
        schema: the default schema.
        changelog, lock, notes: qualified and quoted.
        set_path: the statement that makes the default schema the first one searched, as Liquibase does.
    """

    def __init__(self, session: Session, names: Names) -> None:
        self.session = session
        ((current, path),) = session.query("SELECT current_schema(), current_setting('search_path')")
        if current is None and not names.default_schema:
            raise DatabaseError(
                f"no schema of the search path ({path}) exists",
                where=session.where,
                fix="create one, or name one with --default-schema-name",
                anchor="database-refused",
            )
        self.schema = folded(names.default_schema) if names.default_schema else str(current)
        self.own_schema = folded(names.liquibase_schema) if names.liquibase_schema else self.schema
        self.lock_name, self.changelog_name = folded(names.lock_table), folded(names.changelog_table)
        self.changelog = f"{quoted(self.own_schema)}.{quoted(self.changelog_name)}"
        self.lock = f"{quoted(self.own_schema)}.{quoted(self.lock_name)}"
        self.notes = f"{quoted(notes.SCHEMA)}.{quoted(notes.TABLE)}"
        self.ledger = f"{self.own_schema}.{self.changelog_name}"
        self.set_path = f"SET search_path TO {quoted(self.schema)}{', ' if path else ''}{path}"
        self.targets = Tables(self.changelog, self.notes, "now()", self.ledger)
        self.look()

    def look(self) -> None:
        """See which of the tables are there, and whether the side table may be used."""
        there = "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = %s AND tablename = %s"
        may = " AND ".join(
            f"has_table_privilege(quote_ident(schemaname) || '.' || quote_ident(tablename), '{privilege}')"
            for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE")
        )
        usable = f"CASE WHEN has_schema_privilege(schemaname, 'USAGE') THEN {may} ELSE false END"
        ((self.has_changelog, self.has_lock, usable_notes),) = self.session.query(
            f"SELECT EXISTS ({there}), EXISTS ({there}), ({there.replace('SELECT 1', f'SELECT {usable}')})",
            (self.own_schema, self.changelog_name, self.own_schema, self.lock_name, notes.SCHEMA, notes.TABLE),
        )
        self.has_notes = bool(usable_notes)
        self._notes_are_closed = usable_notes is False

    def create(self, tell: Callable[[str], None]) -> None:
        """Make what is missing; another tool may do the same at this moment.

        Raises:
            DatabaseError: the schema is not there, or a privilege is missing.
        """
        self.look()
        if not self.session.query("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s", (self.schema,)):
            tell(f"the default schema {self.schema} does not exist: until it does, other schemas of the path are used")
        if not self.has_lock:
            key = quoted(f"{self.lock_name}_pkey")
            # one message, one transaction: the table is never there without its row
            self._make(f"{ledger.create_lock(self.lock, key, **_TYPES)}; {self._lock_row}")
        self.add_lock_row()
        if not self.has_changelog:
            self._make(ledger.create_changelog(self.changelog, **_TYPES))
        else:
            self.session.query(f"SELECT * FROM {self.changelog} LIMIT 0")
            for statement in ledger.missing_columns(self.changelog, self.session.columns()):
                self._make(statement)
        if not self.has_notes:
            self._create_notes(tell)
        self.look()

    def add_lock_row(self) -> None:
        """Add the one row of the lock table where it is missing."""
        if not self.session.query(f"SELECT 1 FROM {self.lock} WHERE ID = 1"):
            self._make(self._lock_row)

    def has(self, name: str, schema: str | None, kinds: list[str]) -> bool:
        """Whether there is a relation of this name, compared without regard to case.

        Args:
            schema: None means the default schema.
            kinds: as in `pg_class.relkind`.
        """
        found = self.session.query(
            "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            " WHERE lower(c.relname) = lower(%s) AND lower(n.nspname) = lower(%s) AND c.relkind = ANY(%s)",
            (name.strip('"'), (schema or self.schema).strip('"'), kinds),
        )
        return bool(found)

    @property
    def _lock_row(self) -> str:
        return f"INSERT INTO {self.lock} (ID, LOCKED) VALUES (1, FALSE) ON CONFLICT DO NOTHING"

    def _create_notes(self, tell: Callable[[str], None]) -> None:
        why = "the privileges on it are missing"
        try:
            if not self._notes_are_closed:
                if not self.session.query("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s", (notes.SCHEMA,)):
                    self._make(f"CREATE SCHEMA {quoted(notes.SCHEMA)}")
                self._make(ledger.create_notes(self.notes, text="TEXT", **_TYPES))
                return
        except DatabaseError as error:
            if code_of(error) != INSUFFICIENT_PRIVILEGE:
                raise
            why = error.what
        tell(
            f"{notes.SCHEMA}.{notes.TABLE} cannot be used ({why}): edits of blanks only are not noticed, "
            "and a changeset without a transaction that fails is not resumed"
        )

    def _make(self, statement: str) -> None:
        try:
            self.session.query(statement)
        except DatabaseError as error:
            if code_of(error) not in _MADE_MEANWHILE:
                raise
