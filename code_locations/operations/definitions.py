"""Operations: the code location of the unit."""

from pathlib import Path

from data_platform.units import business_unit

defs = business_unit(Path(__file__).parent)
