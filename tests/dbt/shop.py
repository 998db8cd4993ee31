"""A dbt project with one of everything that becomes an asset, a check or a link between assets."""

from tests.dbt.projects import LAYER_IS_SCHEMA

SHOP = {
    "dbt_project.yml": """\
name: shop
profile: somebody_elses
seeds:
  shop: {+schema: raw}
models:
  shop:
    +materialized: table
    staging: {+schema: staging, +materialized: view}
    intermediate: {+schema: intermediate, +materialized: ephemeral}
    marts: {+schema: marts}
""",
    "macros/generate_schema_name.sql": LAYER_IS_SCHEMA,
    "packages.yml": "packages:\n  - package: acme/calendar\n    version: 1.0.0\n",
    "dbt_packages/calendar/dbt_project.yml": "name: calendar\nversion: 1.0.0\n",
    "dbt_packages/calendar/models/dates/calendar_days.sql": "select date '2024-01-01' as day",
    "models/_groups.yml": """\
groups:
  - {name: finance, owner: {name: Finance, email: finance@example.org}}
  - {name: nobody, owner: {name: Nobody in particular, email: not an address}}
""",
    "models/staging/_sources.yml": """\
sources:
  - name: till
    schema: raw
    tables:
      - name: payments
        description: What customers paid.
        columns:
          - {name: payment_id, data_type: integer, description: Number of the payment.}
          - name: amount
            data_type: integer
            data_tests: [not_null]
  - name: weather
    tables:
      - {name: daily, config: {meta: {unit: meteorology}}, columns: [{name: day, data_type: date}]}
  - name: elsewhere
    tables:
      - {name: rates, config: {meta: {dagster: {asset_key: [treasury, feeds, rates]}}}}
""",
    "seeds/orders_seed.csv": "order_id,customer,ordered_on\n1,ada,2024-01-01\n2,grace,2024-01-02\n3,ada,2024-01-02\n",
    "models/staging/stg_orders.sql": """\
with source as (select * from {{ ref('orders_seed') }}),
renamed as (select order_id, customer as customer_name, cast(ordered_on as date) as ordered_on from source)
select * from renamed
""",
    "models/staging/stg_payments.sql": "select payment_id, amount as cents from {{ source('till', 'payments') }}",
    "models/staging/staging.yml": """\
models:
  - name: stg_orders
    description: Orders, with types.
    config: {tags: [nightly, pii]}
    columns:
      - {name: order_id, data_type: integer, description: Number of the order., data_tests: [unique, not_null]}
      - {name: customer_name, data_tests: [{accepted_values: {arguments: {values: [ada]}, config: {severity: warn}}}]}
""",
    "models/intermediate/int_orders_paid.sql": """\
select o.order_id, o.customer_name, p.cents
from {{ ref('stg_orders') }} as o
join {{ ref('stg_payments') }} as p on p.payment_id = o.order_id
""",
    "models/marts/revenue.sql": """\
select i.customer_name, sum(i.cents) as cents, count(d.day) as days
from {{ ref('int_orders_paid') }} as i
left join {{ source('weather', 'daily') }} as d on true
group by 1
""",
    "models/marts/customers_v1.sql": "select distinct customer_name as name from {{ ref('stg_orders') }}",
    "models/marts/customers_v2.sql": """\
select name, (select max(rate) from {{ source('elsewhere', 'rates') }}) as rate from {{ ref('customers', v=1) }}
""",
    "models/marts/marts.yml": """\
models:
  - name: revenue
    description: Revenue of each customer.
    access: public
    config: {group: finance}
    columns:
      - {name: customer_name, description: Who paid.}
  - name: customers
    config: {group: nobody}
    latest_version: 2
    versions: [{v: 1}, {v: 2}]
unit_tests:
  - name: payments_are_summed
    model: revenue
    given:
      - input: ref('int_orders_paid')
        rows: [{customer_name: ada, cents: 1}, {customer_name: ada, cents: 2}]
      - {input: "source('weather', 'daily')", rows: [{day: '2024-01-01'}]}
    expect: {rows: [{customer_name: ada, cents: 3}]}
""",
    "models/orders_by_day.sql": """\
select ordered_on, count(*) as orders from {{ ref('stg_orders') }} group by 1
union all select day, 0 from {{ ref('calendar', 'calendar_days') }}
""",
    "snapshots/orders_history.yml": """\
snapshots:
  - name: orders_history
    relation: ref('stg_orders')
    config: {schema: history, unique_key: order_id, strategy: check, check_cols: all}
""",
    "tests/revenue_is_of_customers_with_orders.sql": """\
select r.customer_name from {{ ref('revenue') }} as r
left join {{ ref('stg_orders') }} as o on o.customer_name = r.customer_name
where o.order_id is null
""",
    "tests/paid_orders_exist.sql": "select * from {{ ref('int_orders_paid') }} where order_id is null",
}
