"""Warehouses behind one protocol, and object storage. Nothing heavy is imported until it is used."""

from data_platform.warehouse.duckdb import DuckDBWarehouse, open_duckdb
from data_platform.warehouse.errors import PublicationError, StorageError, WarehouseError, WrongValueError
from data_platform.warehouse.opening import open_warehouse
from data_platform.warehouse.protocol import Column, CsvFile, Exported, Table, Warehouse
from data_platform.warehouse.publication import Exporter, Publication, publish
from data_platform.warehouse.published import PublishedVersion, adopt, resolve
from data_platform.warehouse.storage import ObjectStorage

__all__ = [
    "Column",
    "CsvFile",
    "DuckDBWarehouse",
    "Exported",
    "Exporter",
    "ObjectStorage",
    "Publication",
    "PublicationError",
    "PublishedVersion",
    "StorageError",
    "Table",
    "Warehouse",
    "WarehouseError",
    "WrongValueError",
    "adopt",
    "open_duckdb",
    "open_warehouse",
    "publish",
    "resolve",
]
