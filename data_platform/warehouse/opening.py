"""Which warehouse a unit's own data is in."""

from collections.abc import Iterator
from contextlib import contextmanager

from data_platform.environment import Environment
from data_platform.warehouse.duckdb import open_duckdb
from data_platform.warehouse.errors import WarehouseError
from data_platform.warehouse.protocol import Warehouse
from data_platform.warehouse.storage import ObjectStorage


@contextmanager
def open_warehouse(environment: Environment, unit: str) -> Iterator[Warehouse]:
    """Open the unit's warehouse for one step.

    Raises:
        WarehouseError: it cannot be opened, or the environment's warehouse does not take loads from here.
    """
    if environment.warehouse != "duckdb":
        raise WarehouseError(
            f"files cannot be loaded into {environment.warehouse} by the platform yet",
            fix="load them with the warehouse's own stages, or set DATA_PLATFORM_WAREHOUSE=duckdb",
            anchor="environment",
        )
    file = environment.duckdb_file(unit)
    file.parent.mkdir(parents=True, exist_ok=True)
    with open_duckdb(file, storage=ObjectStorage(environment.storage)) as warehouse:
        yield warehouse
