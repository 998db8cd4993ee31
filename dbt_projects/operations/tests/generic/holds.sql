{# Rows for which a condition is false. A condition that is NULL has nothing to say about its row. #}
{% test holds(model, condition, column_name=none) %}

select *
from {{ model }}
where not ({{ condition }})

{% endtest %}
