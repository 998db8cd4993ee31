select
    flights.flight_id,
    flights.flight_date,
    flights.scheduled_departure_minute,
    weather.local_date as weather_date,
    weather.local_hour as weather_hour,
    coalesce(weather.weather_condition, 'unknown') as weather_condition,
    coalesce(weather.is_observed, false) as is_weather_observed
from {{ ref('stg_flights') }} as flights
left join {{ source('meteorology', 'hourly_weather') }} as weather
    on flights.origin_code = weather.airport_code
    and flights.scheduled_departure_hour_utc = weather.hour_utc
