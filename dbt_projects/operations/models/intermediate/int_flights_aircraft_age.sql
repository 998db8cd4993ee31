with matched as (

    select
        flights.flight_id,
        case
            when flights.tail_number is null then 'no tail number'
            when aircraft.tail_number is null then 'not registered'
            when not aircraft.is_airliner then 'not an airliner'
            when aircraft.year_built is null then 'year unknown'
            else 'known'
        end as aircraft_match,
        cast(extract(year from flights.flight_date) as integer) - aircraft.year_built as years_since_built
    from {{ ref('stg_flights') }} as flights
    left join {{ source('fleet', 'aircraft') }} as aircraft
        on flights.tail_number = aircraft.tail_number

),

aged as (

    select
        flight_id,
        aircraft_match,
        case when aircraft_match = 'known' then years_since_built end as aircraft_age_years
    from matched

)

select
    flight_id,
    aircraft_match,
    aircraft_age_years,
    case
        when aircraft_age_years is null then 'unknown'
        when aircraft_age_years < 5 then 'under 5 years'
        when aircraft_age_years < 10 then '5 to 9 years'
        when aircraft_age_years < 15 then '10 to 14 years'
        when aircraft_age_years < 20 then '15 to 19 years'
        when aircraft_age_years < 25 then '20 to 24 years'
        else '25 years and more'
    end as aircraft_age_band
from aged
