{# Keys that stand with several values of a column: one row a key. #}
{% test one_value_per_key(model, key, value) %}

select {{ key | join(', ') }}, count(distinct {{ value }}) as different_values
from {{ model }}
group by {{ key | join(', ') }}
having count(distinct {{ value }}) > 1

{% endtest %}
