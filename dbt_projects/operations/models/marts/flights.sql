select
    flights.flight_id,
    flights.flight_date,
    flights.carrier_code,
    flights.flight_number,
    flights.tail_number,
    flights.origin_code,
    flights.destination_code,
    timed.flight_status,
    timed.scheduled_departure_utc,
    timed.departure_utc,
    flights.departure_delay_minutes,
    flights.arrival_delay_minutes,
    flights.air_time_minutes,
    flights.distance_miles,
    weather.weather_condition,
    weather.is_weather_observed,
    age.aircraft_match,
    age.aircraft_age_years,
    age.aircraft_age_band
from {{ ref('stg_flights') }} as flights
inner join {{ ref('int_flights_timed') }} as timed
    on flights.flight_id = timed.flight_id
inner join {{ ref('int_flights_weather') }} as weather
    on flights.flight_id = weather.flight_id
inner join {{ ref('int_flights_aircraft_age') }} as age
    on flights.flight_id = age.flight_id
