"""A real PostgreSQL for the tests of this room, with Dagster's tables."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from dagster import DagsterInstance

from data_platform.gate import Holds
from data_platform.instance.connections import Database, shared_database
from data_platform.instance.embedded import EmbeddedPostgres

HOME = Path(__file__).parents[2] / "dagster_home"


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedPostgres]:
    # not tmp_path: a socket's path must be short
    with tempfile.TemporaryDirectory(prefix="dp-") as state:
        server = EmbeddedPostgres(Path(state))
        with server.running():
            yield server


@pytest.fixture(scope="module")
def url(server: EmbeddedPostgres) -> Iterator[str]:
    """The address of a database of this module's own."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    _run(server.url, f"CREATE DATABASE {name}")
    url = server.url.replace("/data_platform?", f"/{name}?")
    yield url
    shared_database(url).dispose()
    _run(server.url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def database(url: str) -> Database:
    return shared_database(url)


@pytest.fixture
def holds(database: Database) -> Holds:
    """No holds, no runs."""
    holds = Holds(database)
    holds.live()  # makes the tables
    with database.connect() as connection:
        connection.exec_driver_sql("TRUNCATE platform.hold CASCADE; DELETE FROM run_tags; DELETE FROM runs")
        connection.exec_driver_sql("DELETE FROM event_logs")
    return holds


@pytest.fixture
def instance(
    server: EmbeddedPostgres, url: str, holds: Holds, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DagsterInstance]:
    """The instance of dagster_home/dagster.yaml, on the module's database."""
    monkeypatch.setenv("DATA_PLATFORM_STATE", str(server.state))
    monkeypatch.setenv("DATA_PLATFORM_ENVIRONMENT", "local")
    monkeypatch.setenv("DATA_PLATFORM_POSTGRES_URL", url)
    with DagsterInstance.from_config(str(HOME)) as instance:
        yield instance


def _run(url: str, statement: str) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    connection.cursor().execute(statement)
    connection.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real browser."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        assert not os.environ.get("CI"), "Chromium is missing"
        pytest.skip("Chromium is missing (on Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()
