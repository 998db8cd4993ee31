"""dbt repositories of people who never heard of this platform."""

_ONE = "select 1 as id"

# its own profile name, profiles.yml for another database, custom schemas without a macro of its own, folders and
# files with odd names, variables, hooks, docs, exposures, singular tests, operations, no layers
SHOP_ON_POSTGRES = {
    "dbt_project.yml": """\
name: 'fivetran_shop'
version: '3.1.4'
config-version: 2
profile: 'shop_warehouse'
model-paths: ["transform", "more models"]
seed-paths: ["data"]
test-paths: ["assertions"]
analysis-paths: ["analyses"]
macro-paths: ["lib"]
target-path: "build"
clean-targets: ["build", "dbt_packages"]
on-run-start: "create schema if not exists audit"
on-run-end: ["{{ log_end() }}"]
vars: {currency: EUR, fivetran_shop: {first_year: 2019}}
flags: {send_anonymous_usage_stats: true, use_colors: true, indirect_selection: cautious}
models:
  fivetran_shop:
    +materialized: table
    +persist_docs: {relation: true, columns: true}
    sales 2.0: {+schema: Sales-Mart, +tags: [daily, "needs review"]}
seeds: {fivetran_shop: {+quote_columns: true, +column_types: {paid: integer}}}
""",
    "profiles.yml": """\
shop_warehouse:
  target: production
  outputs:
    production: {type: postgres, host: db.example.org, user: shop, password: hush, dbname: shop, schema: x, port: 5432}
""",
    "README.md": "# Shop\n",
    ".gitignore": "build/\nlogs/\n",
    "data/Customer List.csv": '"id","Full Name","paid"\n1,"Lovelace, Ada",10\n2,Grace,20\n',
    "transform/sales 2.0/revenue-by.customer.sql": """\
{{ config(alias='revenue') }}
select "Full Name" as name, sum(paid) as paid, '{{ var("currency") }}' as currency
from {{ ref('Customer List') }} group by 1
""",
    "transform/sales 2.0/docs.md": "{% docs paid %}What was *paid*.{% enddocs %}",
    "transform/sales 2.0/_schema.yml": """\
version: 2
models:
  - name: revenue-by.customer
    description: '{{ doc("paid") }}'
    columns:
      - name: name
        tests:
          - not_null
          - unique: {severity: warn}
exposures:
  - {name: dashboard, type: dashboard, owner: {email: shop@example.org}, depends_on: [ref('revenue-by.customer')]}
""",
    "more models/plain.sql": "select * from {{ ref('revenue-by.customer') }} where {{ var('first_year') }} > 2000",
    "lib/log_end.sql": "{% macro log_end() %}{{ log('done', info=True) }}{% endmacro %}",
    "assertions/nobody_pays_less.sql": "select * from {{ ref('plain') }} where paid < 0",
    "analyses/look.sql": "select * from {{ ref('plain') }}",
}
# names of files with spaces make names of nodes with spaces, which dbt takes only when told to
SHOP_ON_POSTGRES["data/customer_list.csv"] = SHOP_ON_POSTGRES.pop("data/Customer List.csv")
SHOP_ON_POSTGRES = {name: text.replace("Customer List", "customer_list") for name, text in SHOP_ON_POSTGRES.items()}

# vendored packages with a lock, a snapshot, a package's seeds and tests, sources that nobody makes are read nowhere
WITH_PACKAGES = {
    "dbt_project.yml": """\
name: finance
profile: "{{ env_var('FINANCE_PROFILE', 'finance') }}"
models:
  finance: {staging: {+materialized: ephemeral}}
  ledger: {+schema: ledger}
dispatch: [{macro_namespace: ledger, search_order: [finance, ledger]}]
""",
    "packages.yml": 'packages:\n  - package: acme/ledger\n    version: [">=1.0.0", "<2.0.0"]\n',
    "package-lock.yml": "packages:\n  - package: acme/ledger\n    version: 1.2.0\nsha1_hash: 0a1b2c\n",
    "dbt_packages/ledger/dbt_project.yml": "name: ledger\nversion: 1.2.0\nmacro-paths: [macros]\n",
    "dbt_packages/ledger/seeds/accounts.csv": "account,name\n1,cash\n2,debt\n",
    "dbt_packages/ledger/models/accounts_named.sql": "select * from {{ ref('accounts') }}",
    "dbt_packages/ledger/models/schema.yml": """\
models: [{name: accounts_named, columns: [{name: account, data_tests: [ledger.is_positive]}]}]
""",
    "dbt_packages/ledger/macros/is_positive.sql": """\
{% test is_positive(model, column_name) %} select * from {{ model }} where {{ column_name }} <= 0 {% endtest %}
""",
    "dbt_packages/ledger/integration_tests/dbt_project.yml": "name: ledger_integration_tests\n",
    "models/staging/stg_accounts.sql": "select account, upper(name) as name from {{ ref('ledger', 'accounts_named') }}",
    "models/staging/stg.yml": """\
sources: [{name: bank, tables: [{name: statements, columns: [{name: id}]}]}]
models: [{name: stg_accounts, columns: [{name: account, data_tests: [unique]}]}]
""",
    "models/marts/balances/balances.sql": "select *, 0 as balance from {{ ref('stg_accounts') }}",
    "models/marts/balances/balances.yml": """\
models:
  - name: balances
    latest_version: 2
    versions: [{v: 1, defined_in: balances}, {v: 2}]
    columns: [{name: account, data_tests: [not_null]}]
""",
    "models/marts/balances/balances_v2.sql": "select account, name, 0.0 as balance from {{ ref('stg_accounts') }}",
    "snapshots/history.sql": """\
{% snapshot accounts_history %}
{{ config(target_schema='history', unique_key='account', strategy='check', check_cols=['name']) }}
select * from {{ ref('accounts_named') }}
{% endsnapshot %}
""",
}

# nothing but a query, in a folder of the repository, without the line that names a profile
BARE = {
    "README.md": "Our dbt project is in analytics/dbt",
    "analytics/dbt/dbt_project.yml": "name: bare\n",
    "analytics/dbt/models/one.sql": _ONE,
}

_BY_TIME = """\
{{{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='happened', batch_size='{size}',
           begin='2024-01-01', meta={{'partitions_end': '2024-03-01'}}) }}}}
select timestamp '2024-01-15' as happened, 1 as n union all select timestamp '2024-02-15', 2
"""

# no models but seeds; models of different batches; a group whose owner is no address; access without contracts
MIXED = {
    "dbt_project.yml": "name: mixed\nprofile: default\nmodels: {+materialized: view}\n",
    "models/events/by_month.sql": _BY_TIME.format(size="month"),
    "models/events/by_day.sql": _BY_TIME.format(size="day"),
    "models/events/_events.yml": """\
groups: [{name: somebody, owner: {name: Somebody, email: ask at the desk}}]
models:
  - {name: by_month, config: {group: somebody}}
  - {name: summary, access: public, config: {group: somebody}}
""",
    "models/events/summary.sql": "select count(*) as n from {{ ref('by_month') }}",
    "models/events/summary_python.py": """\
def model(dbt, session):
    dbt.config(materialized="table")
    return dbt.ref("summary").project("n + 1 as n")
""",
    "functions/.gitkeep": "",
}

# reads a source that bears the name of a model and its folder, made by its own seed
SOURCES = {
    "dbt_project.yml": "name: crm_models\nprofile: p\nseeds: {+schema: crm}\n",
    "seeds/customers.csv": "id,name\n1,ada\n",
    "models/crm/_crm.yml": """\
sources:
  - name: crm
    schema: main_crm
    tables: [{name: customers, columns: [{name: id, data_tests: [unique]}], loaded_at_field: id}]
""",
    "models/crm/dim_customers.sql": """\
-- depends_on: {{ ref('customers') }}
select * from {{ source('crm', 'customers') }}
""",
}

NO_MODELS = {"dbt_project.yml": "name: macros_only\nprofile: x\n", "macros/m.sql": "{% macro m() %}{% endmacro %}"}
