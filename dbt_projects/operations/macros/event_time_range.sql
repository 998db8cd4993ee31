{#
    Incremental strategy `event_time_range`: a run replaces all rows of a time range in one statement.

    The range is what `--event-time-start` and `--event-time-end` say (end exclusive), the flags of dbt's `microbatch`
    strategy. Without them it is everything from the model's `begin` to its `meta.partitions_end`: `microbatch` itself
    would make an empty batch of each month until today, and on later runs look at the latest ones only, so that a
    corrected delivery of these closed data would never arrive.

    A model configures `event_time`, `batch_size` and `begin` as for `microbatch`, and filters with
    `where {{ in_event_time_range() }}`.
#}
{% macro in_event_time_range() -%}
    {%- if execute -%}
        {%- set start = invocation_args_dict.get('event_time_start') -%}
        {%- set end = invocation_args_dict.get('event_time_end') -%}
        {%- if start and flags.FULL_REFRESH -%}
            {{ exceptions.raise_compiler_error('--full-refresh with --event-time-start would drop all other rows') }}
        {%- endif -%}
        {%- set start = start or config.get('begin') -%}
        {%- set end = end or config.get('meta', {}).get('partitions_end') -%}
        {{ config.get('event_time') }} >= cast('{{ start }}' as timestamp)
        {%- if end %} and {{ config.get('event_time') }} < cast('{{ end }}' as timestamp){% endif %}
    {%- endif -%}
{%- endmacro %}


{% macro get_incremental_event_time_range_sql(arg_dict) -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- set statements -%}
        delete from {{ arg_dict['target_relation'] }}
        where {{ in_event_time_range() }};

        insert into {{ arg_dict['target_relation'] }} ({{ columns }})
        select {{ columns }}
        from {{ arg_dict['temp_relation'] }};
    {%- endset -%}
    {{ return(adapter.dispatch('in_one_transaction')(statements)) }}
{%- endmacro %}


{# dbt opens and commits a transaction around an incremental model by itself, except on Snowflake. #}
{% macro default__in_one_transaction(statements) -%}
    {{ return(statements) }}
{%- endmacro %}

{% macro snowflake__in_one_transaction(statements) -%}
    {{ return(snowflake_dml_explicit_transaction(statements)) }}
{%- endmacro %}
