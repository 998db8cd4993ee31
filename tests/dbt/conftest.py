"""dbt projects that many tests look at, parsed once by the real dbt."""

from collections.abc import Callable

import pytest

from data_platform.dbt import DbtGraph, prepare, prepared
from data_platform.dbt.graph import Check, Model
from tests.dbt.odd import BY_HOUR, BY_MONTH_AND_DAY, ODD
from tests.dbt.projects import write_project
from tests.dbt.shop import SHOP

Graphs = dict[str, DbtGraph]


@pytest.fixture(scope="session")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> Graphs:
    """The graphs of `shop` and of odd projects, by unit."""
    root = tmp_path_factory.mktemp("platform")
    files = {"shop": SHOP, "odd": ODD, "by_hour": BY_HOUR, "by_month_and_day": BY_MONTH_AND_DAY}
    projects = {unit: write_project(root, unit, content) for unit, content in files.items()}
    assert prepare(list(projects.values())) == {}
    return {unit: prepared(project) for unit, project in projects.items()}


@pytest.fixture(scope="session")
def shop(graphs: Graphs) -> DbtGraph:
    return graphs["shop"]


@pytest.fixture(scope="session")
def model(shop: DbtGraph) -> Callable[[str], Model]:
    """A model of the shop by its asset key without the unit."""
    return {found.key.removeprefix("shop/"): found for found in shop.models}.__getitem__


@pytest.fixture(scope="session")
def check(shop: DbtGraph) -> Callable[[str], Check]:
    """A check of the shop by its name."""
    return {found.name: found for found in shop.checks}.__getitem__
