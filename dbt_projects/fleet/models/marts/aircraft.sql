select
    registered.tail_number,
    registered.manufacturer_name,
    classified.manufacturer_group,
    registered.model_name,
    registered.year_built,
    registered.aircraft_type,
    registered.engine_count,
    registered.engine_type,
    registered.seat_count,
    classified.size_class,
    classified.is_airliner
from {{ ref('stg_aircraft') }} as registered
inner join {{ ref('int_aircraft_classified') }} as classified
    on registered.tail_number = classified.tail_number
