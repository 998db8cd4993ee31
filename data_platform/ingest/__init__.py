"""From a source file to a raw table: land it byte for byte, then load what is declared."""

from data_platform.ingest.landing import LandedFile, land
from data_platform.ingest.loading import LoadedTable, load
from data_platform.ingest.sources import IngestError

__all__ = ["IngestError", "LandedFile", "LoadedTable", "land", "load"]
