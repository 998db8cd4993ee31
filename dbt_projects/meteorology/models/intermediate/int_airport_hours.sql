with digits as (

    {% for digit in range(10) -%}
    select {{ digit }} as digit{{ ' union all' if not loop.last }}
    {% endfor %}
),

numbers as (

    select ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit as hour_number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands

),

years as (

    select
        starts_at_utc,
        ends_at_utc,
        -- New York is five hours behind UTC in winter
        {{ dbt.dateadd('hour', 5, 'cast(' ~ calendar_date('calendar_year', 1, 1) ~ ' as timestamp)') }} as first_hour_utc,
        {{ dbt.dateadd('hour', 5, 'cast(' ~ calendar_date('calendar_year + 1', 1, 1) ~ ' as timestamp)') }} as next_year_utc
    from {{ ref('int_daylight_saving_periods') }}

),

hours as (

    select
        years.starts_at_utc,
        years.ends_at_utc,
        years.next_year_utc,
        {{ dbt.dateadd('hour', 'numbers.hour_number', 'years.first_hour_utc') }} as hour_utc
    from years
    cross join numbers

),

local_hours as (

    select
        hour_utc,
        case
            when hour_utc >= starts_at_utc and hour_utc < ends_at_utc then {{ dbt.dateadd('hour', -4, 'hour_utc') }}
            else {{ dbt.dateadd('hour', -5, 'hour_utc') }}
        end as hour_local
    from hours
    where hour_utc < next_year_utc

),

airports as (

    select distinct airport_code
    from {{ ref('stg_weather_observations') }}

)

select
    airports.airport_code,
    local_hours.hour_utc,
    cast(local_hours.hour_local as date) as local_date,
    cast(extract(hour from local_hours.hour_local) as integer) as local_hour
from airports
cross join local_hours
