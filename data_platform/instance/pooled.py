"""What Dagster's three storages have in common here."""

from sqlalchemy.engine import Engine

from data_platform.instance.connections import Database


class Pooled:
    """A storage of Dagster's on pooled connections; goes before Dagster's own class."""

    database: Database
    _engine: Engine

    def use(self, database: Database) -> None:
        """Take connections from a pool from now on."""
        self.database = database
        self._engine = database.engine

    def optimize_for_webserver(self, statement_timeout: int, pool_recycle: int, max_overflow: int) -> None:
        """Dagster's web server asks for a limit to the time of a statement."""
        self.database.limit_statements(statement_timeout, pool_recycle, max_overflow)
        self._engine = self.database.engine
