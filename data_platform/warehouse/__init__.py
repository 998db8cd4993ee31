"""Warehouses behind one protocol, and object storage. Nothing heavy is imported until it is used."""

from data_platform.warehouse.duckdb import DuckDBWarehouse, open_duckdb
from data_platform.warehouse.errors import PublicationError, StorageError, WarehouseError, WrongValueError
from data_platform.warehouse.protocol import Column, CsvFile, Exported, Table, Warehouse
from data_platform.warehouse.storage import ObjectStorage

__all__ = [
    "Column",
    "CsvFile",
    "DuckDBWarehouse",
    "Exported",
    "ObjectStorage",
    "PublicationError",
    "StorageError",
    "Table",
    "Warehouse",
    "WarehouseError",
    "WrongValueError",
    "open_duckdb",
]
