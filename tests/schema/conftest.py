"""Real databases for the tests of this room."""

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from data_platform.instance.embedded import EmbeddedPostgres
from tests.schema.aligning import Cluster


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
    yield from _empty_database(server)


@pytest.fixture
def other_postgres(server: EmbeddedPostgres) -> Iterator[str]:
    """Another one."""
    yield from _empty_database(server)


@pytest.fixture
def duckdb_file(tmp_path: Path) -> Path:
    """Where a DuckDB file of the test's own may be made; it does not exist."""
    return tmp_path / "warehouse.duckdb"


def _empty_database(server: EmbeddedPostgres) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    _run(server.url, f"CREATE DATABASE {name}")
    yield server.url.replace("/data_platform?", f"/{name}?")
    _run(server.url, f"DROP DATABASE {name} WITH (FORCE)")


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


@pytest.fixture
def cluster(postgres: str, tmp_path: Path) -> Iterator[Cluster]:
    """A PostgreSQL database to align, with a folder for its desired state."""
    folder = tmp_path / "alignment"
    folder.mkdir()
    cluster = Cluster(postgres, folder)
    yield cluster
    cluster.clean()
