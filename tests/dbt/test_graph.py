"""What a parsed dbt project becomes: assets, checks, sources, and how they hang together."""

from collections.abc import Callable

from data_platform.dbt import DbtGraph
from data_platform.dbt.graph import Batches, Check, Column, Model
from tests.dbt.conftest import Graphs

GetModel = Callable[[str], Model]
GetCheck = Callable[[str], Check]


def test_models_seeds_and_snapshots_become_assets_in_their_layers(shop: DbtGraph) -> None:
    assert {model.key: model.layer for model in shop.models} == {
        "shop/seeds/orders_seed": "seeds",
        "shop/staging/stg_orders": "staging",
        "shop/staging/stg_payments": "staging",
        "shop/marts/revenue": "marts",
        "shop/marts/customers_v1": "marts",
        "shop/marts/customers_v2": "marts",
        "shop/models/orders_by_day": "models",  # lies in no folder
        "shop/snapshots/orders_history": "snapshots",
        "shop/calendar/dates/calendar_days": "dates",  # of a package
    }


def test_an_ephemeral_model_is_no_asset_and_is_seen_through(shop: DbtGraph, model: GetModel) -> None:
    assert not [found.key for found in shop.models if "int_orders_paid" in found.key]
    assert sorted(model("marts/revenue").upstream) == [
        "meteorology/published/daily",
        "shop/staging/stg_orders",
        "shop/staging/stg_payments",
    ]


def test_versions_of_a_model_are_assets_that_read_each_other(model: GetModel) -> None:
    assert model("marts/customers_v1").upstream == ["shop/staging/stg_orders"]
    assert "shop/marts/customers_v1" in model("marts/customers_v2").upstream


def test_a_model_of_a_vendored_package_is_an_asset_of_the_unit(model: GetModel) -> None:
    assert "shop/calendar/dates/calendar_days" in model("models/orders_by_day").upstream


def test_a_seed_is_read_by_its_model_and_a_snapshot_reads_one(model: GetModel) -> None:
    assert model("staging/stg_orders").upstream == ["shop/seeds/orders_seed"]
    assert model("snapshots/orders_history").upstream == ["shop/staging/stg_orders"]
    assert model("snapshots/orders_history").relation == ["history", "orders_history"]


def test_descriptions_columns_and_tags_are_kept(model: GetModel) -> None:
    orders = model("staging/stg_orders")
    assert orders.description == "Orders, with types."
    assert orders.columns[0] == Column("order_id", "integer", "Number of the order.")
    assert orders.tags == ["nightly", "pii"]
    assert (orders.path, orders.materialized) == ("models/staging/stg_orders.sql", "view")


def test_only_models_with_public_access_are_public(shop: DbtGraph) -> None:
    assert [model.key for model in shop.models if model.public] == ["shop/marts/revenue"]


def test_the_owner_of_a_group_owns_its_models_if_it_has_an_address(model: GetModel) -> None:
    assert model("marts/revenue").owners == ["finance@example.org"]
    assert model("marts/customers_v1").owners == []


def test_sources_are_own_tables_other_units_or_an_explicit_asset(shop: DbtGraph) -> None:
    sources = {source.key: source for source in shop.sources}
    assert set(sources) == {"shop/till/payments", "meteorology/published/daily", "treasury/feeds/rates"}
    payments = sources["shop/till/payments"]
    assert (payments.unit, payments.description) == (None, "What customers paid.")
    assert payments.columns[0] == Column("payment_id", "integer", "Number of the payment.")
    assert (sources["meteorology/published/daily"].unit, sources["meteorology/published/daily"].table) == (
        "meteorology",
        "daily",
    )


def test_a_test_of_a_column_is_a_check_of_its_model(check: GetCheck) -> None:
    found = check("not_null_stg_orders_order_id")
    assert (found.key, found.also, found.severity) == ("shop/staging/stg_orders", [], "error")
    assert found.path == "models/staging/staging.yml"


def test_a_test_that_warns_says_so(check: GetCheck) -> None:
    assert check("accepted_values_stg_orders_customer_name__ada").severity == "warn"


def test_a_test_of_a_source_is_a_check_of_that_table(check: GetCheck) -> None:
    assert check("source_not_null_till_payments_amount").key == "shop/till/payments"


def test_a_unit_test_is_a_check_of_its_model(check: GetCheck) -> None:
    found = check("payments_are_summed")
    assert (found.key, found.path) == ("shop/marts/revenue", "models/marts/marts.yml")


def test_a_test_of_several_models_belongs_to_the_one_that_is_made_last(check: GetCheck) -> None:
    found = check("revenue_is_of_customers_with_orders")
    assert (found.key, found.also) == ("shop/marts/revenue", ["shop/staging/stg_orders"])


def test_a_test_of_an_ephemeral_model_is_a_check_of_what_that_reads(check: GetCheck) -> None:
    found = check("paid_orders_exist")
    assert {found.key, *found.also} == {"shop/staging/stg_orders", "shop/staging/stg_payments"}


def test_a_test_that_reads_no_relation_is_no_check(graphs: Graphs) -> None:
    assert "nothing_is_read" not in {check.name for check in graphs["odd"].checks}


def test_a_source_gives_way_to_the_model_that_bears_its_name(graphs: Graphs) -> None:
    customers = next(model for model in graphs["odd"].models if model.key == "odd/crm/customers")
    assert customers.upstream == ["odd/sources/crm/customers"]
    assert "odd/sources/crm/customers" in {source.key for source in graphs["odd"].sources}


def test_a_source_that_a_seed_of_the_project_makes_is_that_seed(graphs: Graphs) -> None:
    used = next(model for model in graphs["odd"].models if model.key == "odd/marts/rates_used")
    assert used.upstream == ["odd/lists/rates"]


def test_names_that_dagster_does_not_take_are_changed_and_kept_apart(graphs: Graphs) -> None:
    keys = {model.key for model in graphs["odd"].models}
    assert keys >= {"odd/odd_folder_1_2/dashed-name", "odd/odd_folder_1_2/dotted.name", "odd/donn_es/_t_"}
    # what would be one name of an output in Dagster is told apart by a hash
    assert len([key for key in keys if key.startswith("odd/odd_folder_1_2/dotted_name_")]) == 1
    assert {model.layer for model in graphs["odd"].models} >= {"odd_folder_1_2", "donn_es"}
    odd_checks = [check.name for check in graphs["odd"].checks if check.key in {"odd/marts/a", "odd/marts/a_b"}]
    assert len(odd_checks) == 2
    assert "b_c" in odd_checks
    assert "c" not in odd_checks


def test_a_snapshot_written_as_sql_is_of_the_layer_snapshots(graphs: Graphs) -> None:
    assert "odd/snapshots/order_changes" in {model.key for model in graphs["odd"].models}


def test_models_of_different_batches_are_partitioned_together(graphs: Graphs) -> None:
    assert [model.batches for model in graphs["by_hour"].models] == [Batches("hour", "2024-03-01T05:00", None)]
    together = Batches("month", "2013-02-01", "2014-01-01")
    assert [model.batches for model in graphs["by_month_and_day"].models] == [together, together]
