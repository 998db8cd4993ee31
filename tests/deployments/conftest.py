"""A real PostgreSQL with Dagster's tables and the platform's own."""

from collections.abc import Iterator

import pytest

from data_platform.deployments.ledger import Ledger
from data_platform.gate import Holds
from data_platform.instance.connections import Database, shared_database
from tests.deployments.speaking import Platform
from tests.distribution import is_live
from tests.end_to_end.checkout import make_checkout
from tests.end_to_end.conftest import own_state
from tests.end_to_end.live import Live, free_port
from tests.postgres import Databases


@pytest.fixture(scope="session")
def url(databases: Databases) -> Iterator[str]:
    """The address of a database of these tests' own."""
    with databases.empty() as url:
        yield url
        shared_database(url).dispose()


@pytest.fixture
def database(url: str) -> Database:
    """No deployments, no holds, no runs."""
    database = shared_database(url)
    Holds(database).live()  # makes the tables
    Ledger(database).history()
    with database.connect() as connection:
        connection.exec_driver_sql(
            "TRUNCATE platform.hold, platform.deployment CASCADE; DELETE FROM run_tags; DELETE FROM runs"
        )
    return database


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


@pytest.fixture
def holds(database: Database) -> Holds:
    return Holds(database)


@pytest.fixture(scope="package")
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A running platform for the tests that deploy to one; each leaves it without holds."""
    users = [item.nodeid for item in request.session.items if request.fixturename in getattr(item, "fixturenames", ())]
    apart = [test for test in users if test.startswith("tests/deployments/") and not is_live(test)]
    assert not apart, f"in another process they would start one more: name them in tests/distribution.py: {apart}"
    with own_state() as state:
        folder = tmp_path_factory.mktemp("said")
        hook = folder / "hook"
        hook.write_text(f"#!/bin/sh\ncat >>'{folder}/heard'\necho >>'{folder}/heard'\n")
        hook.chmod(0o755)
        checkout = make_checkout(tmp_path_factory.mktemp("checkout"))
        live = Live(state, free_port(), checkout, {"DATA_PLATFORM_DEPLOYMENT_HOOK": str(hook)})
        platform = Platform(live, folder)
        platform.write("old")
        live.dp("up", "--detach", "--no-build", "--port", str(live.port))
        yield platform
