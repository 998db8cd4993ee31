select
    airports.airport_code,
    airports.airport_name,
    case when located.is_position_plausible then airports.latitude end as latitude,
    case when located.is_position_plausible then airports.longitude end as longitude,
    airports.altitude_feet,
    case when located.is_time_zone_plausible then airports.utc_offset_hours end as utc_offset_hours,
    case when located.is_time_zone_plausible then airports.time_zone end as time_zone
from {{ ref('stg_airports') }} as airports
inner join {{ ref('int_airports_located') }} as located
    on airports.airport_code = located.airport_code
