"""Dagster's tables in the database: made when they are missing, and what is known about them."""

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from dagster_postgres import PostgresEventLogStorage, PostgresRunStorage, PostgresScheduleStorage
from sqlalchemy import text
from sqlalchemy.engine import Connection

from data_platform.instance.connections import Database

S = TypeVar("S", bound=type)

_LOCK_NUMBER = 5_237_915  # any number of our own, the same in every process
_lock = threading.Lock()
_complete: set[str] = set()


def ensure_tables(database: Database) -> None:
    """Make Dagster's tables if they are missing: one query a process when they are there.

    Raises:
        InstanceError: the database does not answer.
    """
    with _lock:
        if database.url in _complete:
            return
        with database.connect() as connection:
            if not _exist(connection):
                # one process makes them; the others wait here
                connection.execute(text("SELECT pg_advisory_lock(:number)"), {"number": _LOCK_NUMBER})
                try:
                    for storage in (PostgresRunStorage, PostgresEventLogStorage, PostgresScheduleStorage):
                        storage(database.url)
                finally:
                    connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": _LOCK_NUMBER})
        _complete.add(database.url)


def _exist(connection: Connection) -> bool:
    main = "('runs', 'event_logs', 'instance_info', 'jobs')"
    found = connection.execute(
        text(f"SELECT count(*) FROM pg_class WHERE relname IN {main} AND pg_table_is_visible(oid)")  # noqa: S608 (constants)
    )
    return bool(found.scalar() == 4)


def asks_once(*methods: str) -> Callable[[S], S]:
    """Class decorator: a method that says whether a table or column exists is asked until it has said yes.

    Dagster asks PostgreSQL's catalog each time, which costs more than most of its own queries. Tables and columns
    do not vanish while the platform runs.
    """

    def decorate(cls: S) -> S:
        for name in methods:
            setattr(cls, name, _until_true(name, getattr(cls, name)))
        return cls

    return decorate


def _until_true(name: str, ask: Callable[..., bool]) -> Callable[..., bool]:
    @functools.wraps(ask)
    def answer(self: Any, *args: Any) -> bool:
        question = (name, *(arg for arg in args if isinstance(arg, str)))
        if question not in self.database.known and ask(self, *args):
            self.database.known.add(question)
        return question in self.database.known

    return answer
