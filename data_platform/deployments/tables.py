"""The ledger's tables: `schema/platform_changelog/020_deployment.sql`."""

import threading

from sqlalchemy import text

from data_platform.instance.connections import Database

_lock = threading.Lock()
_complete: set[str] = set()


def ensure_tables(database: Database) -> None:
    """Make the ledger's tables if they are missing: one query a process when they are there.

    Raises:
        InstanceError: the database does not answer.
        SchemaError: they cannot be made.
    """
    with _lock:
        if database.url in _complete:
            return
        with database.connect() as connection:
            missing: bool = connection.execute(
                text("SELECT to_regclass('platform.deployment_phase') IS NULL")
            ).scalar_one()
        if missing:
            from data_platform.schema.platform_tables import deploy_platform_tables

            deploy_platform_tables(
                database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
            )
        _complete.add(database.url)
