"""A real PostgreSQL server for the tests, and empty databases of it."""

import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg2

from data_platform.instance.embedded import EmbeddedPostgres

# nothing has to outlive the machine; a copy of the template is made ten times as fast
_IN_A_HURRY = ("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()")


@contextmanager
def running_server() -> Iterator[EmbeddedPostgres]:
    """A server with a state folder of its own."""
    # not tmp_path: a socket's path must be short
    with tempfile.TemporaryDirectory(prefix="dp-") as state:
        server = EmbeddedPostgres(Path(state))
        with server.running():
            for statement in _IN_A_HURRY:
                execute(server.url, statement)
            yield server


def execute(url: str, statement: str) -> None:
    """Run a statement that may be in no transaction."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        connection.cursor().execute(statement)
    finally:
        connection.close()


class Databases:
    """Empty databases of a server; those that were used are dropped while tests run."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self._beside = ThreadPoolExecutor(max_workers=1)
        self._dropping: list[Future[None]] = []

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The address of an empty database, which is dropped afterwards."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        execute(self._server.url, f"CREATE DATABASE {name} STRATEGY FILE_COPY")
        yield self._server.url.replace("/data_platform?", f"/{name}?")
        drop = f"DROP DATABASE {name} WITH (FORCE)"
        self._dropping.append(self._beside.submit(execute, self._server.url, drop))

    def settle(self) -> None:
        """Wait until those that were used are dropped."""
        while self._dropping:
            self._dropping.pop().result()
