{# One row if a column does not sum up to the number of rows of another relation. #}
{% test sums_to_count_of(model, column, of) %}

select ours.total, theirs.total_rows
from (select coalesce(sum({{ column }}), 0) as total from {{ model }}) as ours
cross join (select count(*) as total_rows from {{ of }}) as theirs
where ours.total <> theirs.total_rows

{% endtest %}
