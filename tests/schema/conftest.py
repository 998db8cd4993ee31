"""Real databases for the tests of this room."""

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from data_platform.instance.embedded import EmbeddedPostgres


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedPostgres]:
    """One PostgreSQL server for the session."""
    # not tmp_path: a socket's path must be short
    with tempfile.TemporaryDirectory(prefix="dp-") as state:
        server = EmbeddedPostgres(Path(state))
        with server.running():
            yield server


@pytest.fixture
def postgres(server: EmbeddedPostgres) -> Iterator[str]:
    """The URL of an empty PostgreSQL database of the test's own."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    _run(server.url, f"CREATE DATABASE {name}")
    yield server.url.replace("/data_platform?", f"/{name}?")
    _run(server.url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def duckdb_file(tmp_path: Path) -> Path:
    """Where a DuckDB file of the test's own may be made; it does not exist."""
    return tmp_path / "warehouse.duckdb"


def _run(url: str, statement: str) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    connection.cursor().execute(statement)
    connection.close()


@pytest.fixture(params=["postgresql", "duckdb"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of the test's own: once PostgreSQL's, once DuckDB's."""
    if request.param == "duckdb":
        return f"duckdb:///{request.getfixturevalue('duckdb_file')}"
    return str(request.getfixturevalue("postgres"))
