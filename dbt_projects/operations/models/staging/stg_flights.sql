with flights as (

    select
        *,
        {{ calendar_date('year', 'month', 'day') }} as flight_date
    from {{ source('raw', 'flights') }}

)

select
    cast(flight_date as varchar) || ' ' || origin || ' ' || carrier || cast(flight as varchar) as flight_id,
    flight_date,
    carrier as carrier_code,
    flight as flight_number,
    tailnum as tail_number,
    origin as origin_code,
    dest as destination_code,
    time_hour as scheduled_departure_hour_utc,
    {{ minute_of_day('sched_dep_time') }} as scheduled_departure_minute,
    {{ minute_of_day('dep_time') }} as departure_minute,
    dep_delay as departure_delay_minutes,
    {{ minute_of_day('sched_arr_time') }} as scheduled_arrival_minute,
    {{ minute_of_day('arr_time') }} as arrival_minute,
    arr_delay as arrival_delay_minutes,
    air_time as air_time_minutes,
    distance as distance_miles
from flights
