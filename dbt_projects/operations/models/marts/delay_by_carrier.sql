with flights as (

    select
        *,
        cast({{ dbt.date_trunc('month', 'flight_date') }} as date) as month_start
    from {{ ref('flights') }}

)

select
    flights.carrier_code,
    airlines.airline_name,
    flights.month_start,
    {{ punctuality_measures() }}
from flights
left join {{ source('fleet', 'airlines') }} as airlines
    on flights.carrier_code = airlines.carrier_code
group by flights.carrier_code, airlines.airline_name, flights.month_start
