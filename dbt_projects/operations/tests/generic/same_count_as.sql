{# One row if another relation has another number of rows. #}
{% test same_count_as(model, to) %}

select ours.total_rows, theirs.total_rows as expected_rows
from (select count(*) as total_rows from {{ model }}) as ours
cross join (select count(*) as total_rows from {{ to }}) as theirs
where ours.total_rows <> theirs.total_rows

{% endtest %}
