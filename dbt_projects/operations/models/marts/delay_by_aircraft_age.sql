select
    aircraft_match,
    aircraft_age_band,
    min(aircraft_age_years) as youngest_age_years,
    {{ punctuality_measures() }}
from {{ ref('flights') }}
group by aircraft_match, aircraft_age_band
