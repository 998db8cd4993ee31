"""The gate: holds on the run queue, so that something can be changed while nothing runs, and no run fails for it.

What the deployer needs: `holds_of_platform()`, then `Holds.acquire`, `renew`, `drained`, `to_applying`, `check`,
`exempt`, `release`, `take_over`. `tell_waiting` (which needs Dagster) writes to the runs that wait.
"""

import importlib
from typing import TYPE_CHECKING, Any

from data_platform.gate.admission import PARENT_TAG
from data_platform.gate.errors import GateError, HoldLostError, ScopeBusyError
from data_platform.gate.hold import EVERYTHING, Hold, Outcome, Phase, Scope
from data_platform.gate.holds import RENEW_SECONDS, Holds
from data_platform.gate.line import FAIRNESS, Obstacle
from data_platform.gate.platform import holds_of_platform
from data_platform.gate.taking import LIFE

if TYPE_CHECKING:
    from data_platform.gate.notice import tell_waiting

__all__ = [
    "EVERYTHING",
    "FAIRNESS",
    "LIFE",
    "PARENT_TAG",
    "RENEW_SECONDS",
    "GateError",
    "Hold",
    "HoldLostError",
    "Holds",
    "Obstacle",
    "Outcome",
    "Phase",
    "Scope",
    "ScopeBusyError",
    "holds_of_platform",
    "tell_waiting",
]


def __getattr__(name: str) -> Any:
    """Load Dagster only when a name that needs it is asked for."""
    if name == "tell_waiting":
        return importlib.import_module("data_platform.gate.notice").tell_waiting
    raise AttributeError(name)
