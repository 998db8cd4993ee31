"""The components that a unit's `defs/` folder is made of; `dg list components` lists them."""

from data_platform.ingest.component import FileIngestion
from data_platform.schema.component import SchemaChangelog

__all__ = ["FileIngestion", "SchemaChangelog"]
