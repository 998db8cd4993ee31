{{
    config(
        materialized='incremental',
        incremental_strategy='event_time_range',
        event_time='flight_date',
        batch_size='month',
        begin='2013-01-01',
        meta={'partitions_end': '2014-01-01'},
        on_schema_change='fail',
    )
}}

select
    flight_date,
    origin_code,
    destination_code,
    {{ punctuality_measures() }},
    max(departure_delay_minutes) as longest_departure_delay_minutes
from {{ ref('flights') }}
where {{ in_event_time_range() }}
group by flight_date, origin_code, destination_code
