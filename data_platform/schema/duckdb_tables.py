"""DuckDB: where the two tables of Liquibase and the side table are, and making them."""

# ruff: noqa: S608 - identifiers are quoted by `names`, values bound

from data_platform.schema import ledger, notes
from data_platform.schema.duckdb_session import DuckDBSession
from data_platform.schema.lock import Holder
from data_platform.schema.names import Names, Tables, folded, quoted

_TYPES = {"timestamp": "TIMESTAMP", "integer": "INTEGER"}
_NOW = "(now() AT TIME ZONE 'UTC')"


class DuckDBTables:
    """Names, and whether what they name is there.

    Attributes:
        changelog, lock, notes: with catalog and schema, quoted, so that no `USE` of a changeset misleads them.
        use_schema: the statement that makes the default schema the current one.
    """

    def __init__(self, session: DuckDBSession, names: Names) -> None:
        self.session = session
        ((catalog,),) = session.query("SELECT current_database()")
        self.catalog = str(catalog)
        self.targets = self.targets_for(names, self.catalog)
        self.changelog, self.notes, self.ledger = self.targets.changelog, self.targets.notes, self.targets.ledger
        self.schema = folded(names.default_schema or "main")
        self.own_schema = folded(names.liquibase_schema or self.schema)
        self.lock_name = folded(names.lock_table)
        self.lock = f"{quoted(self.catalog)}.{quoted(self.own_schema)}.{quoted(self.lock_name)}"
        self.use_schema = f"USE {quoted(self.catalog)}.{quoted(self.schema)}"
        self.changelog_name = folded(names.changelog_table)
        self.look()

    @staticmethod
    def targets_for(names: Names, catalog: str) -> Tables:
        """Where writes go in the file of this catalog."""
        schema, table = folded(names.liquibase_schema or names.default_schema or "main"), folded(names.changelog_table)
        notes_table = f"{quoted(catalog)}.{quoted(notes.SCHEMA)}.{quoted(notes.TABLE)}"
        return Tables(f"{quoted(catalog)}.{quoted(schema)}.{quoted(table)}", notes_table, _NOW, f"{schema}.{table}")

    def look(self) -> None:
        """See which of the tables are there."""
        query = "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = %s"
        present = set(self.session.query(query, (self.catalog,)))
        self.has_changelog = (self.own_schema, self.changelog_name) in present
        self.has_lock = (self.own_schema, self.lock_name) in present
        self.has_notes = (notes.SCHEMA, notes.TABLE) in present

    def create(self) -> None:
        """Make what is missing.

        Raises:
            DatabaseError: the schema is not there.
        """
        query = self.session.query
        query("BEGIN")
        if not self.has_lock:
            query(ledger.create_lock(self.lock, quoted(f"{self.lock_name}_pkey"), **_TYPES))
        if not query(f"SELECT 1 FROM {self.lock} WHERE ID = 1"):
            query(f"INSERT INTO {self.lock} (ID, LOCKED) VALUES (1, FALSE)")
        if not self.has_changelog:
            query(ledger.create_changelog(self.changelog, **_TYPES))
        query(f"SELECT * FROM {self.changelog} LIMIT 0")
        for statement in ledger.missing_columns(self.changelog, self.session.columns()):
            query(statement)
        if not self.has_notes:
            query(f"CREATE SCHEMA IF NOT EXISTS {quoted(self.catalog)}.{quoted(notes.SCHEMA)}")
            query(ledger.create_notes(self.notes, text="VARCHAR", **_TYPES))
        query("COMMIT")
        self.look()

    def holder(self) -> Holder | None:
        """Who holds the lock by what the table says."""
        if not self.has_lock:
            return None
        rows = self.session.query(f"SELECT coalesce(LOCKEDBY, ''), LOCKGRANTED FROM {self.lock} WHERE LOCKED")
        return Holder(rows[0][0], rows[0][1], in_table=True) if rows else None

    def clear_lock(self, holder: Holder) -> bool:
        """Free the lock if the table still says what `holder` says."""
        if self.holder() != holder:
            return False
        self.session.query(f"UPDATE {self.lock} SET LOCKED = FALSE, LOCKEDBY = NULL, LOCKGRANTED = NULL WHERE LOCKED")
        return True

    def has(self, kind: str, name: str, schema: str | None) -> bool:
        """Whether there is a `table` or `view` of this name, compared without regard to case."""
        found = self.session.query(
            f"SELECT 1 FROM duckdb_{kind}s() WHERE database_name = %s AND lower(schema_name) = lower(%s)"
            f" AND lower({kind}_name) = lower(%s)",
            (self.catalog, (schema or self.schema).strip('"'), name.strip('"')),
        )
        return bool(found)
