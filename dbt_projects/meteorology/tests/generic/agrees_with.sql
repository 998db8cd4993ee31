{# Rows of another relation that have no row with the same key here, or one with other values in the columns. #}
{% test agrees_with(model, to, key, columns) %}

select theirs.*
from {{ to }} as theirs
left join {{ model }} as ours
    on {% for column in key %}ours.{{ column }} = theirs.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
where ours.{{ key[0] }} is null
{%- for column in columns %}
    or ours.{{ column }} is distinct from theirs.{{ column }}
{%- endfor %}

{% endtest %}
