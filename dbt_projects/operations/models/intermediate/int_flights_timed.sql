with scheduled as (

    select
        *,
        {{ dbt.dateadd('minute', 'mod(scheduled_departure_minute, 60)', 'scheduled_departure_hour_utc') }}
            as scheduled_departure_utc
    from {{ ref('stg_flights') }}

)

select
    flight_id,
    scheduled_departure_utc,
    -- by the delay and not by the clock, which jumps when daylight saving time begins or ends
    {{ dbt.dateadd('minute', 'departure_delay_minutes', 'scheduled_departure_utc') }} as departure_utc,
    case
        when departure_minute is null then 'cancelled'
        when arrival_delay_minutes is null then 'diverted'
        else 'completed'
    end as flight_status,
    distance_miles / (cast(air_time_minutes as double) / 60) as ground_speed_mph
from scheduled
