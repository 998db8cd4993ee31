-- The rule of the Energy Policy Act of 2005, in force since 2007: from the second Sunday of March to the first Sunday
-- of November, at two o'clock local time (7:00 UTC in winter time, 6:00 UTC in summer time).
with years as (

    select distinct cast(extract(year from local_date) as integer) as calendar_year
    from {{ ref('stg_weather_observations') }}

),

sundays as (

    select
        calendar_year,
        cast({{ sunday_on_or_after(calendar_date('calendar_year', 3, 8)) }} as date) as starts_on,
        cast({{ sunday_on_or_after(calendar_date('calendar_year', 11, 1)) }} as date) as ends_on
    from years

)

select
    calendar_year,
    {{ dbt.dateadd('hour', 7, 'cast(starts_on as timestamp)') }} as starts_at_utc,
    {{ dbt.dateadd('hour', 6, 'cast(ends_on as timestamp)') }} as ends_at_utc
from sundays
