"""dbt projects whose names, configurations and keys are unlike what the platform's own projects use."""

_ONE = "select 1 as id"

ODD = {
    "dbt_project.yml": """\
name: odd
profile: "{{ env_var('NOBODY_SETS_THIS', 'computed') }}"
model-paths: [transform/sql]
seed-paths: [transform/data]
models: {odd: {+materialized: table}}
""",
    # the same source name as folder, and the same table name as model
    "transform/sql/crm/_sources.yml": "sources: [{name: crm, schema: raw_crm, tables: [{name: customers}]}]",
    "transform/sql/crm/customers.sql": "select * from {{ source('crm', 'customers') }}",
    # a source that a seed of the project makes
    "transform/data/lists/rates.csv": "currency,rate\nEUR,1\n",
    "transform/data/lists/_rates.yml": "seeds: [{name: rates, config: {schema: landing}}]",
    "transform/sql/landing.yml": "sources: [{name: landing, schema: main_landing, tables: [{name: rates}]}]",
    "transform/sql/marts/rates_used.sql": "select * from {{ source('landing', 'rates') }}",
    # names that Dagster does not take as they are
    "transform/sql/odd folder-1.2/dashed-name.sql": _ONE,
    "transform/sql/odd folder-1.2/dotted.name.sql": _ONE,
    "transform/sql/odd folder-1.2/dotted_name.sql": _ONE,
    "transform/sql/données/été.sql": _ONE,
    # a model that is also the name of a folder, and of a singular test
    "transform/sql/orders.sql": _ONE,
    "transform/sql/orders/lines.sql": _ONE,
    "tests/orders.sql": "select * from {{ ref('orders') }} where id is null",
    "transform/sql/orders/orders.yml": """\
models:
  - name: orders
    versions: [{v: 1, defined_in: orders}]
  - name: lines
    config: {tags: [fine, "not fine, at all"]}
""",
    # two checks whose asset and name come out the same for Dagster
    "transform/sql/marts/a.sql": _ONE,
    "transform/sql/marts/a_b.sql": _ONE,
    "tests/b_c.sql": "select * from {{ ref('a') }} where id is null",
    "tests/c.sql": "select * from {{ ref('a_b') }} where id is null",
    # the older way to write a snapshot
    "snapshots/changes.sql": """\
{% snapshot order_changes %}
{{ config(target_schema='history', unique_key='id', strategy='check', check_cols='all') }}
select * from {{ ref('lines') }}
{% endsnapshot %}
""",
    "tests/nothing_is_read.sql": "select 1 where false",
}

_MICROBATCH = """\
{{{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='{size}',
           begin='{begin}', unique_key='at', meta={meta}) }}}}
select timestamp '2024-01-01' as at
"""


def by_time(size: str, begin: str, end: str | None = None) -> str:
    """A microbatch model."""
    return _MICROBATCH.format(size=size, begin=begin, meta={"partitions_end": end} if end else {})


BY_HOUR = {"models/marts/hourly.sql": by_time("hour", "2024-03-01T05:30:00")}
BY_MONTH_AND_DAY = {
    "models/marts/daily.sql": by_time("day", "2013-02-10", "2013-12-15"),
    "models/marts/monthly.sql": by_time("month", "2013-03-20", "2013-12-01"),
}
