{#
    Groups in which a column does not sum up to the number of rows of another relation. Groups that are not here yet
    (partitions that were never built) are not missed.
#}
{% test sums_to_count_by(model, column, of, by) %}

select ours.{{ by }}, ours.total, theirs.total_rows
from (
    select {{ by }}, sum({{ column }}) as total
    from {{ model }}
    group by {{ by }}
) as ours
left join (
    select {{ by }}, count(*) as total_rows
    from {{ of }}
    group by {{ by }}
) as theirs
    on ours.{{ by }} = theirs.{{ by }}
where ours.total <> coalesce(theirs.total_rows, 0)

{% endtest %}
