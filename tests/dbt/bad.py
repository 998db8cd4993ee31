"""dbt projects that cannot be prepared, each with what must be told of it."""

_MODEL = "select 1 as id"

# unit -> (files, beginning of the message, further words of it)
BAD: dict[str, tuple[dict[str, str], str, str]] = {
    "template": (
        {"models/marts/orders.sql": "\nselect 1 as id,\n  {{ ref('customers') "},
        "dbt_projects/template/models/marts/orders.sql:3: the dbt project does not parse:",
        "unexpected end of template",
    ),
    "missing_model": (
        {"models/marts/orders.sql": "select *\n\nfrom {{ ref('customers') }}"},
        "dbt_projects/missing_model/models/marts/orders.sql:3: the dbt project does not parse:",
        "'customers' which was not found",
    ),
    "wrong_yaml": (
        {"models/marts/orders.sql": _MODEL, "models/marts/orders.yml": "models:\n  - name: orders\n   columns: []\n"},
        "dbt_projects/wrong_yaml/models/marts/orders.yml:3: the dbt project does not parse:",
        "Syntax error",
    ),
    "wrong_type": (
        {"models/orders.sql": _MODEL, "models/orders.yml": "models:\n  - name: orders\n    columns: 5\n"},
        "dbt_projects/wrong_type/models/orders.yml: the dbt project does not parse:",
        "5 is not of type 'array'",
    ),
    "missing_variable": (
        {"models/a b/orders.sql": "select\n '{{ env_var('NOBODY_SETS_THIS') }}' as id"},
        "dbt_projects/missing_variable/models/a b/orders.sql:2: the dbt project does not parse:",
        "-> set the environment variable NOBODY_SETS_THIS",
    ),
    "missing_packages": (
        {"packages.yml": "packages: [{package: dbt-labs/dbt_utils, version: 1.0.0}]", "models/orders.sql": _MODEL},
        "dbt_projects/missing_packages/packages.yml: the dbt project does not parse:",
        "-> run `dbt deps` in dbt_projects/missing_packages",
    ),
    "other_dbt": (
        {"dbt_project.yml": "name: other_dbt\nprofile: x\nrequire-dbt-version: ['>=0.1.0', '<1.5.0']\n"},
        "dbt_projects/other_dbt",
        "dbt",
    ),
    "no_name": ({"dbt_project.yml": "profile: x\n"}, "dbt_projects/no_name/dbt_project.yml: ", '"name"'),
    "not_utf8": (
        {"models/orders.sql": "select 1 as id\n\n-- \udcff"},
        "dbt_projects/not_utf8/models/orders.sql:3: the dbt project does not parse:",
        "'utf-8' codec",
    ),
    "circle": (
        {"models/hen.sql": "select * from {{ ref('egg') }}", "models/egg.sql": "select * from {{ ref('hen') }}"},
        "dbt_projects/circle/models/",
        "models read each other in a circle: ",
    ),
    "without_event_time": (
        {
            "models/orders.sql": "{{ config(materialized='incremental', incremental_strategy='microbatch',"
            f" batch_size='day') }}}} {_MODEL}"
        },
        "dbt_projects/without_event_time/models/orders.sql: the dbt project does not parse:",
        "event_time",
    ),
    # these are told without starting dbt
    "tab": (
        {"dbt_project.yml": "name: tab\n\tprofile: x\n"},
        "dbt_projects/tab/dbt_project.yml:2: is not valid YAML",
        "",
    ),
    "list": ({"dbt_project.yml": "- name\n"}, "dbt_projects/list/dbt_project.yml:1: must hold a mapping", ""),
    "empty": ({"dbt_project.yml": ""}, "dbt_projects/empty/dbt_project.yml:1: must hold a mapping", ""),
    "no_utf8": ({"dbt_project.yml": "name: \udcff\n"}, "dbt_projects/no_utf8/dbt_project.yml: is not ", ""),
}
