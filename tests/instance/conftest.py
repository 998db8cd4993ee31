"""A real PostgreSQL for the tests of this room."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance

from data_platform.instance.connections import shared_database
from data_platform.instance.embedded import EmbeddedPostgres
from tests.postgres import Databases

HOME = Path(__file__).parents[2] / "dagster_home"


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """An empty database of its own."""
    with databases.empty() as url:
        yield url


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
