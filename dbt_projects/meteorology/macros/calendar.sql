{# A date from three integer columns. #}
{% macro calendar_date(year, month, day) -%}
    cast(
        cast({{ year }} as varchar)
        || '-' || lpad(cast({{ month }} as varchar), 2, '0')
        || '-' || lpad(cast({{ day }} as varchar), 2, '0')
        as date
    )
{%- endmacro %}


{# The first Sunday that is not before a date; 31 December 2006 was a Sunday. #}
{% macro sunday_on_or_after(date) -%}
    {%- set weekday = 'mod(' ~ dbt.datediff("cast('2006-12-31' as date)", date, 'day') ~ ', 7)' -%}
    {{ dbt.dateadd('day', 'mod(7 - ' ~ weekday ~ ', 7)', date) }}
{%- endmacro %}
