"""What the marts say is what the delivered files say, computed independently."""

import duckdb

from tests.dbt_projects.dbt import Built, different_rows

MEASURES = """
    count(*)::integer as scheduled_flights,
    (count(*) filter (dep_time is null))::integer as cancelled_flights,
    (count(*) filter (dep_time is not null and arr_delay is null))::integer as diverted_flights,
    (count(*) filter (dep_delay > 14))::integer as delayed_departures,
    (count(*) filter (arr_delay <= 14))::integer as on_time_arrivals,
    round(sum(dep_delay) / count(dep_delay), 2) as mean_departure_delay_minutes,
    round(sum(arr_delay) / count(arr_delay), 2) as mean_arrival_delay_minutes
"""
MEASURED = """
    scheduled_flights, cancelled_flights, diverted_flights, delayed_departures, on_time_arrivals,
    mean_departure_delay_minutes, mean_arrival_delay_minutes
"""


def test_each_route_and_day_has_the_punctuality_of_its_flights(
    built: dict[str, Built], delivered: duckdb.DuckDBPyConnection
) -> None:
    mart = _mart(delivered, built["operations"], "route_punctuality", "flight_date, origin_code, destination_code")
    expected = f"(select make_date(year, month, day), origin, dest, {MEASURES} from flights group by 1, 2, 3)"

    assert different_rows(delivered, mart, expected) == 0


def test_each_carrier_has_the_punctuality_of_its_flights_in_each_month(
    built: dict[str, Built], delivered: duckdb.DuckDBPyConnection
) -> None:
    mart = _mart(delivered, built["operations"], "delay_by_carrier", "carrier_code, airline_name, month(month_start)")
    expected = f"""(
        select carrier, any_value(name), month, {MEASURES} from flights join airlines using (carrier) group by 1, 3
    )"""

    assert different_rows(delivered, mart, expected) == 0


def test_weather_is_joined_on_the_hour_of_the_flight(
    built: dict[str, Built], delivered: duckdb.DuckDBPyConnection
) -> None:
    mart = _mart(delivered, built["operations"], "delay_by_weather", "origin_code, weather_condition")
    expected = f"""(
        select origin, 'snow or ice', {MEASURES} from flights
        join weather using (origin, year, month, day, hour)
        where precip > 0 and temp <= 33
        group by 1
        union all
        select origin, 'unknown', {MEASURES} from flights
        anti join weather using (origin, year, month, day, hour)
        group by 1
    )"""

    of_interest = f"(select * from {mart} where weather_condition in ('snow or ice', 'unknown'))"
    assert different_rows(delivered, of_interest, expected) == 0


def test_an_aircraft_has_an_age_where_the_registry_knows_it(
    built: dict[str, Built], delivered: duckdb.DuckDBPyConnection
) -> None:
    mart = _mart(delivered, built["operations"], "delay_by_aircraft_age", "aircraft_age_band")
    expected = f"""(
        select '25 years and more', {MEASURES} from flights join planes using (tailnum)
        where planes.year <= 2013 - 25 and seats >= 20 and engines > 1 and engine like 'Turbo-%'
    )"""

    assert different_rows(delivered, f"(from {mart} where aircraft_age_band like '25%')", expected) == 0
    assert (
        different_rows(delivered, f"(select sum(scheduled_flights) from {mart})", "(select count(*) from flights)") == 0
    )


def test_days_have_the_hours_that_the_clock_gave_them(built: dict[str, Built]) -> None:
    unusual = built["meteorology"].query(
        "select distinct local_date::varchar, hours_in_day from marts.daily_weather where hours_in_day <> 24 order by 1"
    )

    assert unusual == [("2013-03-10", 23), ("2013-11-03", 25)]


def test_the_weather_of_a_day_is_what_its_hours_were(
    built: dict[str, Built], delivered: duckdb.DuckDBPyConnection
) -> None:
    mart = _mart(
        delivered,
        built["meteorology"],
        "daily_weather",
        "airport_code, local_date",
        measured="""
        hours_observed, lowest_temperature_f, highest_temperature_f, precipitation_in::decimal(9, 2),
        highest_wind_speed_mph
    """,
    )
    expected = """(
        select origin, make_date(year, month, day), count(*)::integer, min(temp) filter (temp <> 13.1 or month <> 5),
            max(temp), sum(precip)::decimal(9, 2), max(wind_speed) filter (wind_speed < 1000)
        from weather group by 1, 2
    )"""

    observed = f"(from {mart} where hours_observed > 0)"
    assert different_rows(delivered, observed, expected) == 0


def _mart(delivered: duckdb.DuckDBPyConnection, project: Built, mart: str, keys: str, measured: str = MEASURED) -> str:
    delivered.execute(f"attach if not exists '{project.database}' as {project.unit} (read_only)")
    delivered.execute(
        f"create or replace temp table built_{mart} as select {keys}, {measured} from {project.unit}.marts.{mart}"
    )
    delivered.execute(f"detach {project.unit}")
    return f"built_{mart}"
