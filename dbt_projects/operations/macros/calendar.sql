{# A date from three integer columns. #}
{% macro calendar_date(year, month, day) -%}
    cast(
        cast({{ year }} as varchar)
        || '-' || lpad(cast({{ month }} as varchar), 2, '0')
        || '-' || lpad(cast({{ day }} as varchar), 2, '0')
        as date
    )
{%- endmacro %}


{# Minutes after midnight of a clock time written as the integer HHMM; 2400 is the midnight that ends the day. #}
{% macro minute_of_day(hhmm) -%}
    cast(floor({{ hhmm }} / 100) * 60 + mod({{ hhmm }}, 100) as integer)
{%- endmacro %}
