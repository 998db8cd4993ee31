"""The warnings tell the truth: each count is computed again from the delivered files, in another way."""

import duckdb
import pytest

from tests.dbt_projects.conftest import Results
from tests.dbt_projects.dbt import UNITS, Built

AIRLINER = "type = 'Fixed wing multi engine' and regexp_matches(engine, '^Turbo-(fan|jet|prop)$') and seats >= 20"
YEAR_IN_HOURS = """
    select origin, hour, (hour at time zone 'America/New_York')::date as day
    from (select distinct origin from weather), unnest(generate_series(
        timestamptz '2013-01-01 00:00:00 America/New_York',
        timestamptz '2013-12-31 23:00:00 America/New_York',
        interval 1 hour)) as hours(hour)
"""
WARNINGS = {
    "meteorology": {
        "local_hours_observed_twice": "count(*) - count(distinct (origin, year, month, day, hour)) from weather",
        "wind_speeds_above_200_mph": "count(*) from weather where wind_speed > 200",
        "hours_without_temperature": "count(*) from weather where temp is null",
        "hours_without_wind_direction": "count(*) from weather where wind_dir is null",
        "hours_without_wind_speed": "count(*) from weather where wind_speed is null",
        "hours_without_pressure": "count(*) from weather where pressure is null",
        "temperature_spikes": """
            count(*) from weather as now
            join weather as before on before.origin = now.origin and before.time_hour = now.time_hour - interval 1 hour
            join weather as after on after.origin = now.origin and after.time_hour = now.time_hour + interval 1 hour
            where now.temp not between least(before.temp, after.temp) - 30 and greatest(before.temp, after.temp) + 30
        """,
        "hours_nobody_observed": f"""
            count(*) from ({YEAR_IN_HOURS}) as year
            anti join weather on weather.origin = year.origin and weather.time_hour = year.hour
        """,
        "days_observed_in_part": f"""
            count(distinct (year.origin, year.day)) from ({YEAR_IN_HOURS}) as year
            anti join weather on weather.origin = year.origin and weather.time_hour = year.hour
        """,
    },
    "fleet": {
        "aircraft_without_year_built": "count(*) from planes where year is null",
        "aircraft_without_cruising_speed": "count(*) from planes where speed is null",
        "registrations_that_are_no_airliners": f"count(*) from planes where not ({AIRLINER})",
        "models_under_several_manufacturers": """
            count(*) from (select model from planes group by model having count(distinct manufacturer) > 1)
        """,
        "models_under_several_manufacturer_groups": """
            count(*) from (
                select model from planes group by model having count(distinct case
                    when regexp_matches(manufacturer, '^(AIRBUS|BOEING|EMBRAER)') then left(manufacturer, 6)
                    when regexp_matches(manufacturer, '^(BOMBARDIER|CANADAIR)') then 'CANADA'
                    when manufacturer like '%DOUGLAS%' then 'DOUGLAS'
                    else 'other'
                end) > 1
            )
        """,
    },
    "operations": {
        "cancelled_flights": "count(*) from flights where dep_time is null",
        "departed_flights_without_arrival_time": "count(dep_time) - count(arr_time) from flights",
        "departed_flights_without_arrival_delay": "count(dep_time) - count(arr_delay) from flights",
        "departures_more_than_30_minutes_early": "count(*) from flights where dep_delay < -30",
        "flights_without_tail_number": "count(*) from flights where tailnum is null",
        "flights_of_unregistered_aircraft": "count(tailnum) from flights anti join planes using (tailnum)",
        "flights_with_tail_numbers_of_no_airliner": f"""
            count(*) from flights semi join (select tailnum from planes where not ({AIRLINER})) using (tailnum)
        """,
        "tail_numbers_of_no_us_registration": "count(*) from flights where left(tailnum, 1) <> 'N'",
        "flights_to_unknown_airports": "count(*) from flights where dest not in (select faa from airports)",
        "flights_without_observed_weather": "count(*) from flights anti join weather using (origin, time_hour)",
        "flights_faster_than_600_mph": "count(*) from flights where distance > 10 * air_time",
        "routes_with_several_distances": """
            count(distinct (origin, dest, distance)) - count(distinct (origin, dest)) from flights
        """,
        "airports_without_time_zone": "count(*) from airports where tzone is null",
        "airports_with_a_foreign_time_zone": "count(*) from airports where tzone not like 'America/%' and tz > 0",
        # the tip of the Aleutians lies beyond 180 degrees
        "airports_in_impossible_places": "count(*) from airports where lon > 0 and faa <> 'SYA'",
    },
}


@pytest.mark.parametrize("unit", UNITS)
def test_every_warning_has_the_count_that_the_delivered_files_have(
    unit: str, results: dict[str, Results], delivered: duckdb.DuckDBPyConnection
) -> None:
    warned = {name: result["failures"] for name, result in results[unit].items() if result["status"] == "warn"}
    counted = {name: delivered.execute(f"select {sql}").fetchall()[0][0] for name, sql in WARNINGS[unit].items()}

    assert warned == counted
    assert all(counted.values())


@pytest.mark.parametrize("unit", UNITS)
def test_nothing_but_known_defects_is_found(unit: str, results: dict[str, Results]) -> None:
    assert {result["status"] for result in results[unit].values()} == {"success", "pass", "warn"}


@pytest.mark.parametrize("unit", UNITS)
def test_every_warning_says_what_it_is_about(unit: str, built: dict[str, Built]) -> None:
    tests = [node for node in built[unit].manifest["nodes"].values() if node["resource_type"] == "test"]

    assert [test["name"] for test in tests if test["config"]["severity"] == "warn" and not test["description"]] == []
