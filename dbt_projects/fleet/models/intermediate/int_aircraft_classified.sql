with judged as (

    select
        *,
        aircraft_type = 'Fixed wing multi engine'
        and engine_type in ('Turbo-fan', 'Turbo-jet', 'Turbo-prop')
        and seat_count >= 20 as is_airliner
    from {{ ref('stg_aircraft') }}

)

select
    tail_number,
    case
        when upper(manufacturer_name) like 'AIRBUS%' then 'Airbus'
        when upper(manufacturer_name) like 'BOEING%' then 'Boeing'
        -- Canadair became part of Bombardier, Douglas part of McDonnell Douglas
        when upper(manufacturer_name) like 'BOMBARDIER%' or upper(manufacturer_name) like 'CANADAIR%' then 'Bombardier'
        when upper(manufacturer_name) like 'EMBRAER%' then 'Embraer'
        when upper(manufacturer_name) like 'MCDONNELL%' or upper(manufacturer_name) like 'DOUGLAS%'
            then 'McDonnell Douglas'
        else 'Other'
    end as manufacturer_group,
    case
        when not is_airliner then null
        when seat_count < 100 then 'small'
        when seat_count < 200 then 'medium'
        else 'large'
    end as size_class,
    is_airliner
from judged
