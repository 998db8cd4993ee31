select
    tailnum as tail_number,
    year as year_built,
    type as aircraft_type,
    manufacturer as manufacturer_name,
    model as model_name,
    engines as engine_count,
    engine as engine_type,
    seats as seat_count,
    speed as cruising_speed_mph
from {{ source('raw', 'planes') }}
