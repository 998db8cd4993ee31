"""A real PostgreSQL for the tests of this room."""

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from dagster import DagsterInstance

from data_platform.instance.connections import shared_database
from data_platform.instance.embedded import EmbeddedPostgres

HOME = Path(__file__).parents[2] / "dagster_home"


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedPostgres]:
    # not tmp_path: a socket's path must be short
    with tempfile.TemporaryDirectory(prefix="dp-") as state:
        server = EmbeddedPostgres(Path(state))
        with server.running():
            yield server


@pytest.fixture
def database_url(server: EmbeddedPostgres) -> Iterator[str]:
    """An empty database of its own."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    _run(server.url, f"CREATE DATABASE {name}")
    yield server.url.replace("/data_platform?", f"/{name}?")
    _run(server.url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def instance(server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    """The instance of dagster_home/dagster.yaml, on the embedded server."""
    monkeypatch.setenv("DATA_PLATFORM_STATE", str(server.state))
    monkeypatch.setenv("DATA_PLATFORM_ENVIRONMENT", "local")
    monkeypatch.delenv("DATA_PLATFORM_POSTGRES_URL", raising=False)
    monkeypatch.delenv("DAGSTER_EVENT_BATCH_SIZE", raising=False)
    with DagsterInstance.from_config(str(HOME)) as instance:
        yield instance
    shared_database(server.url).dispose()


def _run(url: str, statement: str) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    connection.cursor().execute(statement)
    connection.close()
