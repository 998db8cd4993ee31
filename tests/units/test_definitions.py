"""What a unit card and a dbt project become in Dagster."""

from datetime import timedelta

import dagster as dg
import pytest

from data_platform.definitions import defs as generic_location
from data_platform.environment import Environment, current_environment
from data_platform.units.code_location import unit_definitions
from data_platform.units.location import JOB
from data_platform.units.schedules import partition_tags
from data_platform.units.unit import read_unit
from tests.dbt.projects import write_files
from tests.units.conftest import loaded_from
from tests.units.platforms import make_platform

SHOP = {
    "code_locations/shop/__init__.py": "",
    "code_locations/shop/unit.yaml": """\
name: shop
title: Shop
owners: [team:shop, shop@example.org]
schedule: {cron: "0 5 * * *", timezone: Europe/Brussels}
freshness: {warn_after_hours: 24, fail_after_hours: 48}
""",
    "code_locations/shop/defs/__init__.py": "",
    "code_locations/shop/defs/more.py": """\
import dagster as dg

@dg.asset(key=["shop", "raw", "orders"])
def orders() -> None: ...
""",
    "dbt_projects/shop/dbt_project.yml": "name: shop\n",
    "dbt_projects/shop/models/sources.yml": """\
sources:
  - {name: raw, tables: [{name: orders}, {name: delivered_by_hand, columns: [{name: id, data_tests: [unique]}]}]}
  - {name: meteorology, config: {meta: {unit: meteorology}}, tables: [{name: daily}]}
groups: [{name: finance, owner: {name: Finance, email: finance@example.org}}]
models:
  - name: revenue
    description: What was paid.
    access: public
    config: {group: finance, tags: [daily]}
    columns:
      - name: cents
        data_type: integer
        description: In cents.
        data_tests: [not_null, {unique: {config: {severity: warn}}}]
""",
    "dbt_projects/shop/models/marts/revenue.sql": """\
select o.cents, d.day, h.id from {{ source('raw', 'orders') }} o
cross join {{ source('meteorology', 'daily') }} d cross join {{ source('raw', 'delivered_by_hand') }} h
""",
    "dbt_projects/shop/models/events/by_month.sql": """\
{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='month',
          begin='2024-01-01', meta={'partitions_end': '2024-07-01'}) }}
select 1 as at
""",
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = make_platform(tmp_path_factory.mktemp("definitions") / "platform")
    write_files(environment.root, SHOP)
    return environment


@pytest.fixture(scope="module")
def definitions(environment: Environment) -> dg.Definitions:
    with loaded_from(environment.root):
        definitions = unit_definitions(read_unit(environment.code_locations / "shop", environment))
        dg.Definitions.validate_loadable(definitions)
        return definitions


@pytest.fixture(scope="module")
def revenue(definitions: dg.Definitions) -> dg.AssetSpec:
    return spec(definitions, "shop/marts/revenue")


def spec(definitions: dg.Definitions, key: str) -> dg.AssetSpec:
    return next(found for found in definitions.resolve_all_asset_specs() if found.key.to_user_string() == key)


def test_the_unit_s_assets_are_its_models_its_published_models_its_own_and_what_it_reads(
    definitions: dg.Definitions,
) -> None:
    assert {found.key.to_user_string() for found in definitions.resolve_all_asset_specs()} == {
        "shop/marts/revenue",
        "shop/events/by_month",
        "shop/published/revenue",
        "shop/raw/orders",
        "shop/raw/delivered_by_hand",
        "meteorology/published/daily",  # the other unit's code location says what it is
    }


def test_a_model_reads_assets_of_this_unit_and_of_another(revenue: dg.AssetSpec) -> None:
    assert {dep.asset_key.to_user_string() for dep in revenue.deps} == {
        "shop/raw/orders",
        "shop/raw/delivered_by_hand",
        "meteorology/published/daily",
    }


def test_a_model_shows_owners_group_kinds_tags_and_description(revenue: dg.AssetSpec) -> None:
    assert list(revenue.owners) == ["team:shop", "shop@example.org", "finance@example.org"]
    assert (revenue.group_name, revenue.description) == ("marts", "What was paid.")
    assert revenue.kinds == {"dbt", "duckdb", "view"}
    assert "dbt/daily" in revenue.tags
    assert revenue.code_version


def test_a_model_links_to_its_file(revenue: dg.AssetSpec, environment: Environment) -> None:
    (reference,) = revenue.metadata["dagster/code_references"].code_references
    assert reference.file_path == str(environment.dbt_projects / "shop" / "models" / "marts" / "revenue.sql")


def test_a_model_shows_its_declared_columns(revenue: dg.AssetSpec) -> None:
    (column,) = revenue.metadata["dagster/column_schema"].columns
    assert (column.name, column.type) == ("cents", "integer")
    assert column.description.startswith("In cents.")


def test_the_card_s_freshness_is_the_policy_of_every_model(revenue: dg.AssetSpec) -> None:
    policy = revenue.freshness_policy
    assert isinstance(policy, dg.FreshnessPolicy)
    windows = policy.fail_window.to_timedelta(), policy.warn_window.to_timedelta()  # type: ignore[attr-defined]
    assert windows == (timedelta(hours=48), timedelta(hours=24))


def test_an_error_test_blocks_and_a_warning_test_does_not(definitions: dg.Definitions) -> None:
    checks = {
        check.name: check.blocking
        for assets in definitions.assets or []
        if isinstance(assets, dg.AssetsDefinition)
        for check in assets.check_specs
    }
    assert checks == {
        "not_null_revenue_cents": True,
        "unique_revenue_cents": False,
        "source_unique_raw_delivered_by_hand_id": True,
    }


def test_every_step_waits_for_the_pool_of_the_unit_s_file(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def(JOB)
    pools = {node.name: node.pool for node in job.all_node_defs if isinstance(node, dg.OpDefinition)}
    assert pools["shop_dbt"] == pools["shop_publish"] == "duckdb_shop"


def test_the_build_job_takes_everything_also_the_tests_of_what_is_only_read(definitions: dg.Definitions) -> None:
    layer = definitions.resolve_job_def(JOB).asset_layer
    assert "shop/raw/orders" in {key.to_user_string() for key in layer.executable_asset_keys}
    names = {key.name for key in layer.asset_graph.asset_check_keys}
    assert "source_unique_raw_delivered_by_hand_id" in names


def test_the_schedule_builds_the_latest_partitions(definitions: dg.Definitions, environment: Environment) -> None:
    schedule = definitions.resolve_schedule_def("build_schedule")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 5 * * *", "Europe/Brussels")
    tick = schedule.evaluate_tick(dg.build_schedule_context())
    assert tick.run_requests is not None
    tags = tick.run_requests[0].tags
    assert tags["dagster/asset_partition_range_start"] == "2024-05-01"
    assert tags["dagster/asset_partition_range_end"] == "2024-06-01"


@pytest.mark.parametrize(("environment_name", "status"), [("local", "STOPPED"), ("prod", "RUNNING")])
def test_schedules_run_by_themselves_where_data_is_served(
    environment: Environment, environment_name: str, status: str
) -> None:
    chosen = current_environment({"DATA_PLATFORM_ENVIRONMENT": environment_name}, environment.root)
    from data_platform.dbt import DbtGraph
    from data_platform.units.card import read_card
    from data_platform.units.schedules import build_schedule

    card = read_card(environment.code_locations / "shop")
    assert card.schedule is not None
    schedule = build_schedule(card.schedule, DbtGraph("", "shop", [], [], []), chosen)
    assert schedule.default_status.value == status


def test_a_project_without_partitions_needs_no_tags() -> None:
    from data_platform.dbt import DbtGraph

    assert partition_tags(DbtGraph("", "shop", [], [], [])) == {}


def test_the_generic_location_tells_when_the_workspace_is_stale(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_PLATFORM_ROOT", str(environment.root))
    from data_platform.units.workspace import write_workspace

    (environment.dagster_home / "workspace.yaml").write_text("load_from: []\n")
    job = generic_location().resolve_job_def("build")
    stale = job.execute_in_process().get_asset_check_evaluations()[0]
    assert (stale.passed, stale.description) == (False, "run `dp unit sync` and commit it")
    assert write_workspace(environment)
    result = job.execute_in_process()
    assert result.get_asset_check_evaluations()[0].passed
    (units,) = result.get_asset_materialization_events()
    assert units.materialization.metadata["dagster/row_count"].value == 1
