select
    hours.airport_code,
    cast({{ dbt.date_trunc('month', 'hours.local_date') }} as date) as month_start,
    cast(count(*) as integer) as hours_expected,
    cast(count(case when hours.is_observed then 1 end) as integer) as hours_observed,
    cast(count(case when not hours.is_observed then 1 end) as integer) as hours_missing,
    cast(count(case when hours.is_observed and hours.pressure_mb is null then 1 end) as integer) as hours_without_pressure,
    cast(
        count(case when hours.is_observed and hours.wind_direction_deg is null then 1 end) as integer
    ) as hours_without_wind_direction,
    cast(count(case when hours.has_removed_values then 1 end) as integer) as hours_with_removed_values,
    round(count(case when hours.is_observed then 1 end) / cast(count(*) as double), 4) as completeness
from {{ ref('hourly_weather') }} as hours
group by 1, 2
