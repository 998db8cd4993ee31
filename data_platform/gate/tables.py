"""The gate's tables in the platform's database: `schema/platform_changelog/010_hold.sql`."""

import threading

from sqlalchemy import text

from data_platform.instance.connections import Database

_lock = threading.Lock()
_complete: set[str] = set()


def ensure_tables(database: Database) -> None:
    """Bring the platform's tables up to date, once a process: a few queries when they are.

    Raises:
        InstanceError: the database does not answer.
        SchemaError: they cannot be made.
    """
    with _lock:
        if database.url in _complete:
            return
        with database.connect() as connection:
            (without_dagsters,) = connection.execute(text("SELECT to_regclass('runs') IS NULL")).one()
        if without_dagsters:
            _make_dagsters_tables(database)
        _deploy_our_tables(database)
        _complete.add(database.url)


def _make_dagsters_tables(database: Database) -> None:
    """The gate counts Dagster's runs, also before the platform was first started."""
    from data_platform.instance.tables import ensure_tables as ensure

    ensure(database)


def _deploy_our_tables(database: Database) -> None:
    from data_platform.schema.platform_tables import deploy_platform_tables

    deploy_platform_tables(database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False))
