select
    hours.airport_code,
    hours.hour_utc,
    hours.local_date,
    hours.local_hour,
    observed.hour_utc is not null as is_observed,
    case
        when observed.hour_utc is null then 'unknown'
        when observed.precipitation_in > 0 and observed.temperature_f <= 33 then 'snow or ice'
        when observed.visibility_mi < 3 then 'low visibility'
        when observed.precipitation_in > 0 then 'rain'
        when coalesce(observed.wind_gust_mph, observed.wind_speed_mph) >= 30 then 'windy'
        else 'fair'
    end as weather_condition,
    observed.temperature_f,
    observed.dew_point_f,
    observed.relative_humidity_pct,
    observed.wind_direction_deg,
    observed.wind_speed_mph,
    observed.wind_gust_mph,
    observed.precipitation_in,
    observed.pressure_mb,
    observed.visibility_mi,
    coalesce(observed.has_impossible_temperature or observed.has_impossible_wind, false) as has_removed_values
from {{ ref('int_airport_hours') }} as hours
left join {{ ref('int_observations_cleaned') }} as observed
    on hours.airport_code = observed.airport_code
    and hours.hour_utc = observed.hour_utc
