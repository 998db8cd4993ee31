"""Nothing is undocumented, and what leaves a unit has an enforced contract and an owner."""

import pytest

from tests.dbt_projects.dbt import UNITS, Built

# types that DuckDB and Snowflake have under the same name, and mean the same by
PORTABLE_TYPES = {"varchar", "integer", "double", "boolean", "date", "timestamp"}


@pytest.mark.parametrize("unit", UNITS)
def test_every_model_source_and_column_has_a_description(unit: str, built: dict[str, Built]) -> None:
    manifest = built[unit].manifest
    tables = [*built[unit].models().values(), *manifest["sources"].values()]

    assert [table["name"] for table in tables if not table["description"].strip()] == []
    assert [
        f"{table['name']}.{column['name']}"
        for table in tables
        for column in table["columns"].values()
        if not column["description"].strip()
    ] == []


@pytest.mark.parametrize("unit", UNITS)
def test_every_column_in_the_warehouse_is_described_with_its_type(unit: str, built: dict[str, Built]) -> None:
    described = {(model["schema"], model["name"]): list(model["columns"]) for model in built[unit].models().values()}
    there: dict[tuple[str, str], list[str]] = {}
    for schema, table, column in built[unit].query(
        "select schema_name, table_name, column_name from duckdb_columns() order by column_index"
    ):
        there.setdefault((schema, table), []).append(column)

    assert {table: sorted(columns) for table, columns in described.items()} == {
        table: sorted(columns) for table, columns in there.items() if table in described
    }


@pytest.mark.parametrize("unit", UNITS)
def test_every_model_has_an_enforced_contract_of_portable_types(unit: str, built: dict[str, Built]) -> None:
    models = built[unit].models().values()

    assert [model["name"] for model in models if not model["contract"]["enforced"]] == []
    assert {column["data_type"] for model in models for column in model["columns"].values()} <= PORTABLE_TYPES


@pytest.mark.parametrize("unit", UNITS)
def test_only_marts_are_public_and_every_model_has_an_owner(unit: str, built: dict[str, Built]) -> None:
    models = built[unit].models().values()

    assert {model["schema"] for model in models if model["access"] == "public"} == {"marts"}
    assert {model["access"] for model in models if model["schema"] != "marts"} == {"private"}
    assert {model["group"] for model in models} == {unit}
    assert built[unit].manifest["groups"][f"group.{unit}.{unit}"]["owner"]["email"]


@pytest.mark.parametrize("unit", UNITS)
def test_what_a_unit_reads_of_another_is_published_there(unit: str, built: dict[str, Built]) -> None:
    read = [
        (source["config"]["meta"]["unit"], source["name"], set(source["columns"]))
        for source in built[unit].manifest["sources"].values()
        if source["source_name"] != "raw"
    ]

    for other, table, columns in read:
        published = {model["name"]: model for model in built[other].models().values() if model["access"] == "public"}
        assert table in published
        assert columns <= set(published[table]["columns"])


@pytest.mark.parametrize("unit", UNITS)
def test_the_three_layers_are_the_schemas(unit: str, built: dict[str, Built]) -> None:
    for model in built[unit].models().values():
        assert model["original_file_path"].split("/")[1] == model["schema"]
