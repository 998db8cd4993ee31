select
    airport_code,
    local_date,
    cast(count(*) as integer) as hours_in_day,
    cast(count(case when is_observed then 1 end) as integer) as hours_observed,
    min(temperature_f) as lowest_temperature_f,
    max(temperature_f) as highest_temperature_f,
    round(avg(temperature_f), 1) as mean_temperature_f,
    round(sum(precipitation_in), 2) as precipitation_in,
    max(wind_speed_mph) as highest_wind_speed_mph,
    max(wind_gust_mph) as highest_wind_gust_mph,
    min(visibility_mi) as lowest_visibility_mi,
    cast(count(case when weather_condition not in ('fair', 'unknown') then 1 end) as integer) as adverse_hours
from {{ ref('hourly_weather') }}
group by airport_code, local_date
