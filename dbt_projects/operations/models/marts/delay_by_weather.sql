select
    origin_code,
    weather_condition,
    {{ punctuality_measures() }}
from {{ ref('flights') }}
group by origin_code, weather_condition
