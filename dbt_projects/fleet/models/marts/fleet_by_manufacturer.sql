select
    manufacturer_group,
    cast(count(*) as integer) as aircraft_count,
    cast(count(case when is_airliner then 1 end) as integer) as airliner_count,
    cast(sum(case when is_airliner then seat_count else 0 end) as integer) as airliner_seats,
    min(year_built) as oldest_year_built,
    max(year_built) as newest_year_built,
    cast(count(case when year_built is null then 1 end) as integer) as aircraft_without_year_built
from {{ ref('aircraft') }}
group by manufacturer_group
