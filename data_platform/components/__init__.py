"""The components that a unit's `defs/` folder is made of; `dg list components` lists them."""

from data_platform.ingest.component import FileIngestion

__all__ = ["FileIngestion"]
