"""Column lineage: which columns a model's column comes from."""

import pytest

from data_platform.dbt.lineage import column_lineage
from tests.dbt.test_graph import GetModel

KNOWN = {("raw", "orders"): ["id", "customer", "cents"], ("raw", "customers"): ["id", "name"]}
KEYS = {("raw", "orders"): "u/raw/orders", ("raw", "customers"): "u/raw/customers"}
ORDERS, CUSTOMERS = "u/raw/orders", "u/raw/customers"


def lineage(sql: str) -> dict[str, list[list[str]]]:
    return column_lineage(sql, dialect="duckdb", known=KNOWN, keys=KEYS)[1]


def test_a_renamed_column_comes_through_ctes_from_the_header_of_the_seed(model: GetModel) -> None:
    assert model("staging/stg_orders").lineage == {
        "order_id": [["shop/seeds/orders_seed", "order_id"]],
        "customer_name": [["shop/seeds/orders_seed", "customer"]],
        "ordered_on": [["shop/seeds/orders_seed", "ordered_on"]],
    }


def test_a_column_comes_through_an_ephemeral_model_and_a_join(model: GetModel) -> None:
    assert model("marts/revenue").lineage == {
        "customer_name": [["shop/staging/stg_orders", "customer_name"]],
        "cents": [["shop/staging/stg_payments", "cents"]],
        "days": [["meteorology/published/daily", "day"]],
    }


def test_a_union_comes_from_both_sides_and_from_packages(model: GetModel) -> None:
    assert model("models/orders_by_day").lineage["ordered_on"] == [
        ["shop/staging/stg_orders", "ordered_on"],
        ["shop/calendar/dates/calendar_days", "day"],
    ]


def test_a_snapshot_shows_where_its_columns_come_from(model: GetModel) -> None:
    assert model("snapshots/orders_history").lineage["customer_name"] == [["shop/staging/stg_orders", "customer_name"]]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select * exclude (cents) from raw.orders", {"id": [[ORDERS, "id"]], "customer": [[ORDERS, "customer"]]}),
        (
            "select c.name as who, sum(o.cents) over (partition by o.id) as total "
            "from raw.orders o join raw.customers c on c.id = o.customer",
            {"who": [[CUSTOMERS, "name"]], "total": [[ORDERS, "cents"], [ORDERS, "id"]]},
        ),
        ('select cents as "Big Total" from db.raw.orders', {"big total": [[ORDERS, "cents"]]}),
        (
            "select id, (select max(c.id) from raw.customers c) as m from raw.orders",
            {"id": [[ORDERS, "id"]], "m": [[CUSTOMERS, "id"]]},
        ),
        ("select 1 as one", {}),
        ("select x from elsewhere.unknown", {}),
        ("select * from elsewhere.unknown", {}),
        ("pivot raw.orders on customer using sum(cents)", {}),
        ("this is no SQL (", {}),
    ],
)
def test_queries_are_traced_as_far_as_they_are_understood(sql: str, expected: dict[str, list[list[str]]]) -> None:
    assert {column: sorted(found) for column, found in lineage(sql).items()} == expected
