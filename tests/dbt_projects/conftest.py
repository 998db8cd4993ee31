"""One build of the three projects for all tests of the room."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dbt_projects import raw
from tests.dbt_projects.dbt import UNITS, Built

Results = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The delivered CSV files."""
    return raw.unzipped(tmp_path_factory.mktemp("deliveries"))


@pytest.fixture(scope="session")
def delivered(files: dict[str, Path]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The deliveries, to compute from independently of dbt."""
    with raw.guess(files) as connection:
        yield connection


@pytest.fixture(scope="session")
def first_build(
    files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Built], dict[str, Results]]:
    """The projects and the results of a plain `dbt build`, the published models of the earlier units in views."""
    folder = tmp_path_factory.mktemp("dbt_projects")
    projects = {unit: Built(unit, folder / f"{unit}.duckdb", folder / unit) for unit in UNITS}
    results: dict[str, Results] = {}
    for unit, project in projects.items():
        raw.load(unit, files, project.database)
        _adopt(project, [projects[other] for other in UNITS[: UNITS.index(unit)]])
        project.dbt("build")
        results[unit] = project.results()
        _publish(project)
    return projects, results


@pytest.fixture(scope="session")
def built(first_build: tuple[dict[str, Built], dict[str, Results]]) -> dict[str, Built]:
    """Each unit's built project; whoever changes its warehouse restores it."""
    return first_build[0]


@pytest.fixture(scope="session")
def results(first_build: tuple[dict[str, Built], dict[str, Results]]) -> dict[str, Results]:
    """What the first build of each unit said, by node."""
    return first_build[1]


def _publish(project: Built) -> None:
    with duckdb.connect(project.database, read_only=True) as connection:
        for model in project.published():
            connection.execute(f"copy marts.{model} to '{_parquet(project, model)}'")


def _adopt(project: Built, others: list[Built]) -> None:
    with duckdb.connect(project.database) as connection:
        for other in others:
            connection.execute(f"create schema {other.unit}")
            for model in other.published():
                file = _parquet(other, model)
                connection.execute(f"create view {other.unit}.{model} as from read_parquet('{file}')")


def _parquet(project: Built, model: str) -> Path:
    return project.database.with_name(f"{project.unit}.{model}.parquet")
