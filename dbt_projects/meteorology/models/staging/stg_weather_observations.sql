select
    origin as airport_code,
    time_hour as hour_utc,
    {{ calendar_date('year', 'month', 'day') }} as local_date,
    hour as local_hour,
    temp as temperature_f,
    dewp as dew_point_f,
    humid as relative_humidity_pct,
    wind_dir as wind_direction_deg,
    wind_speed as wind_speed_mph,
    wind_gust as wind_gust_mph,
    precip as precipitation_in,
    pressure as pressure_mb,
    visib as visibility_mi
from {{ source('raw', 'weather') }}
