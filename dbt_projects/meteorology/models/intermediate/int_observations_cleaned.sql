-- Nothing is corrected: a value that cannot be true becomes NULL, and a flag tells that it was there.
with with_neighbours as (

    select
        *,
        lag(hour_utc) over (partition by airport_code order by hour_utc) as hour_before,
        lead(hour_utc) over (partition by airport_code order by hour_utc) as hour_after,
        temperature_f - lag(temperature_f) over (partition by airport_code order by hour_utc) as change_from_before,
        temperature_f - lead(temperature_f) over (partition by airport_code order by hour_utc) as change_from_after
    from {{ ref('stg_weather_observations') }}

),

judged as (

    select
        *,
        coalesce(wind_speed_mph > 200, false) as has_impossible_wind,
        -- more than 30 degrees off both neighbours, to the same side, within an hour of each
        coalesce(
            {{ dbt.datediff('hour_before', 'hour_utc', 'hour') }} = 1
            and {{ dbt.datediff('hour_utc', 'hour_after', 'hour') }} = 1
            and abs(change_from_before) > 30
            and abs(change_from_after) > 30
            and change_from_before * change_from_after > 0,
            false
        ) as has_impossible_temperature
    from with_neighbours

)

select
    airport_code,
    hour_utc,
    case when not has_impossible_temperature then temperature_f end as temperature_f,
    case when not has_impossible_temperature then dew_point_f end as dew_point_f,
    case when not has_impossible_temperature then relative_humidity_pct end as relative_humidity_pct,
    wind_direction_deg,
    case when not has_impossible_wind then wind_speed_mph end as wind_speed_mph,
    wind_gust_mph,
    precipitation_in,
    pressure_mb,
    visibility_mi,
    has_impossible_temperature,
    has_impossible_wind
from judged
