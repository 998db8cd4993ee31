"""The gate's tables in the platform's database."""

import threading
from pathlib import Path

from sqlalchemy import text

from data_platform.instance.connections import Database

CHANGELOG = Path(__file__).parents[1] / "schema" / "platform_changelog"
_FILES = ("000_schema.sql", "010_hold.sql")
_LOCK_NUMBER = 5_237_916  # any number of our own, the same in every process
_lock = threading.Lock()
_complete: set[str] = set()


def ensure_tables(database: Database) -> None:
    """Make the gate's tables if they are missing: one query a process when they are there.

    Raises:
        InstanceError: the database does not answer.
    """
    with _lock:
        if database.url in _complete:
            return
        with database.connect() as connection:
            found = connection.execute(text("SELECT to_regclass('platform.hold_told'), to_regclass('runs')")).one()
            if found[1] is None:
                _make_dagsters_tables(database)
            if found[0] is None:
                # one process makes them; the others wait here
                connection.execute(text("SELECT pg_advisory_lock(:number)"), {"number": _LOCK_NUMBER})
                try:
                    for name in _FILES:
                        connection.exec_driver_sql((CHANGELOG / name).read_text(encoding="utf-8"))
                finally:
                    connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": _LOCK_NUMBER})
        _complete.add(database.url)


def _make_dagsters_tables(database: Database) -> None:
    """The gate counts Dagster's runs, also before the platform was first started."""
    from data_platform.instance.tables import ensure_tables as ensure

    ensure(database)
