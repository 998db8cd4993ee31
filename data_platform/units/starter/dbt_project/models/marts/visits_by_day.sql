select
    visited_on,
    cast(count(*) as integer) as visits,
    cast(count(distinct visitor) as integer) as visitors
from {{ ref('stg_visits') }}
group by visited_on
