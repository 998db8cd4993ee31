select
    carrier_code,
    airline_name
from {{ ref('stg_airlines') }}
