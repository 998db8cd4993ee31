"""What somebody changed by hand in a database that a changelog builds."""

from data_platform.schema.drift.comparison import diff
from data_platform.schema.drift.difference import Change, Difference
from data_platform.schema.drift.drifting import drift

__all__ = ["Change", "Difference", "diff", "drift"]
