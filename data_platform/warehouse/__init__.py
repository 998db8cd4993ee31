"""Warehouses behind one protocol, and object storage. Nothing heavy is imported until it is used."""

from data_platform.warehouse.errors import PublicationError, StorageError, WarehouseError, WrongValueError
from data_platform.warehouse.storage import ObjectStorage

__all__ = [
    "ObjectStorage",
    "PublicationError",
    "StorageError",
    "WarehouseError",
    "WrongValueError",
]
