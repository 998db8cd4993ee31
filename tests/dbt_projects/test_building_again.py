"""Building twice changes nothing; a month built again replaces that month and nothing else."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.dbt_projects.dbt import UNITS, Built, different_rows

OTHERS = [unit for unit in UNITS if unit != "operations"]
FEBRUARY = ["--event-time-start", "2013-02-01", "--event-time-end", "2013-03-01"]
IN_FEBRUARY = "flight_date between '2013-02-01' and '2013-02-28'"


@pytest.fixture
def operations(built: dict[str, Built], tmp_path: Path) -> Iterator[Built]:
    """The built unit, to change: its warehouse is restored afterwards."""
    project = built["operations"]
    shutil.copyfile(project.database, tmp_path / "before.duckdb")
    yield project
    shutil.copyfile(tmp_path / "before.duckdb", project.database)


# without incremental models nothing could differ but by chance, which tests/end_to_end would see, too
@pytest.mark.parametrize("unit", ["operations", *(pytest.param(u, marks=pytest.mark.slow) for u in OTHERS)])
def test_building_twice_gives_the_same_data(unit: str, built: dict[str, Built], tmp_path: Path) -> None:
    project = built[unit]
    marts = [node["name"] for node in project.models().values() if node["schema"] == "marts"]
    shutil.copyfile(project.database, tmp_path / "first.duckdb")

    project.dbt("run")

    with duckdb.connect() as connection:
        connection.execute(f"attach '{tmp_path / 'first.duckdb'}' as first (read_only)")
        connection.execute(f"attach '{project.database}' as second (read_only)")
        differences = {
            mart: different_rows(connection, f"first.marts.{mart}", f"second.marts.{mart}") for mart in marts
        }
    assert differences == dict.fromkeys(marts, 0)


def test_a_month_built_again_replaces_just_that_month(operations: Built) -> None:
    with duckdb.connect(operations.database) as connection:
        connection.execute("create table original as from marts.route_punctuality")
        # every row wrong, one that should not be there, one that is missing
        connection.execute("update marts.route_punctuality set scheduled_flights = 1000")
        connection.execute(f"""
            insert into marts.route_punctuality by name
            select * replace ('???' as destination_code) from original where {IN_FEBRUARY} limit 1
        """)
        connection.execute(
            "delete from marts.route_punctuality where flight_date = '2013-02-14' and origin_code = 'EWR'"
        )

    operations.dbt("run", "--select", "route_punctuality", *FEBRUARY)

    with duckdb.connect(operations.database) as connection:
        assert (
            different_rows(
                connection,
                f"(from marts.route_punctuality where {IN_FEBRUARY})",
                f"(from original where {IN_FEBRUARY})",
            )
            == 0
        )
        assert (
            different_rows(
                connection,
                f"(from marts.route_punctuality where not {IN_FEBRUARY})",
                f"(select * replace (1000 as scheduled_flights) from original where not {IN_FEBRUARY})",
            )
            == 0
        )


def test_a_month_can_be_the_first_that_is_built(operations: Built) -> None:
    with duckdb.connect(operations.database) as connection:
        connection.execute("drop table marts.route_punctuality")

    operations.dbt("build", "--select", "route_punctuality", *FEBRUARY)

    days = operations.query("select count(distinct flight_date), month(min(flight_date)) from marts.route_punctuality")
    assert days == [(28, 2)]


def test_a_full_refresh_of_one_month_is_refused(operations: Built) -> None:
    before = operations.query("select count(*) from marts.route_punctuality")

    refused = operations.dbt("run", "--select", "route_punctuality", "--full-refresh", *FEBRUARY, check=False)

    assert refused.returncode == 1
    assert "would drop all other rows" in refused.stdout
    assert operations.query("select count(*) from marts.route_punctuality") == before


def test_a_flight_delivered_twice_stops_what_is_downstream(operations: Built) -> None:
    with duckdb.connect(operations.database) as connection:
        connection.execute("insert into raw.flights from raw.flights limit 1")

    failed = operations.dbt("build", "--select", "stg_flights", "flights", check=False)

    assert failed.returncode == 1
    assert operations.results()["unique_stg_flights_flight_id"]["status"] == "fail"
    assert operations.results()["flights"]["status"] == "skipped"
