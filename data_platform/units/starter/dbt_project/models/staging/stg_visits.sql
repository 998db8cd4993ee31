select
    cast(visit_id as integer) as visit_id,
    cast(visited_on as date) as visited_on,
    cast(visitor as varchar) as visitor
from {{ ref('example_visits') }}
