select
    airport_code,
    -- the United States, Hawaii and the Aleutians beyond 180 degrees included
    latitude between 18 and 72 and (longitude between -180 and -64 or longitude >= 172) as is_position_plausible,
    utc_offset_hours between -11 and -4 as is_time_zone_plausible
from {{ ref('stg_airports') }}
