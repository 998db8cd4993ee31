"""What a database consists of, as its catalogue tells."""

from data_platform.schema.catalogue.objects import Catalogue
from data_platform.schema.catalogue.reading import read_catalogue
from data_platform.schema.catalogue.source import Source

__all__ = ["Catalogue", "Source", "read_catalogue"]
