"""Real databases for the tests of this room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import Databases
from tests.schema.aligning import Cluster


@pytest.fixture
def postgres(databases: Databases) -> Iterator[str]:
    """The URL of an empty PostgreSQL database of the test's own."""
    with databases.empty() as url:
        yield url


@pytest.fixture
def other_postgres(databases: Databases) -> Iterator[str]:
    """Another one, which is gone before the roles are dropped that own something in it."""
    with databases.empty() as url:
        yield url
    databases.settle()


@pytest.fixture
def duckdb_file(tmp_path: Path) -> Path:
    """Where a DuckDB file of the test's own may be made; it does not exist."""
    return tmp_path / "warehouse.duckdb"


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
