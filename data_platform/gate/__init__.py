"""The gate: holds on the run queue, so that something can be changed while nothing runs, and no run fails for it.

What the deployer needs: `holds_of_platform()`, then `Holds.acquire`, `drain`, `renew`, `check`, `exempt`,
`release`, `take_over`. Two functions need Dagster: `tell_waiting` writes to the runs that wait, and what does
not go through the queue asks `refuse_if_held`. What sends alerts on freshness asks `held_scopes` first.
"""

import importlib
from typing import TYPE_CHECKING, Any

from data_platform.gate.admission import LOCATION_TAG, PARENT_TAG
from data_platform.gate.draining import drain
from data_platform.gate.errors import GateError, HoldLostError, ScopeBusyError
from data_platform.gate.exemptions import TICKET_TAG
from data_platform.gate.held import held_scopes
from data_platform.gate.hold import EVERYTHING, Hold, Outcome, Phase, Scope
from data_platform.gate.holds import RENEW_SECONDS, Holds
from data_platform.gate.lease import Lease
from data_platform.gate.line import FAIRNESS, Obstacle
from data_platform.gate.platform import holds_of_platform
from data_platform.gate.taking import LIFE

if TYPE_CHECKING:
    from data_platform.gate.instance import refuse_if_held
    from data_platform.gate.notice import tell_waiting
    from data_platform.gate.tables import ensure_tables

__all__ = [
    "EVERYTHING",
    "FAIRNESS",
    "LIFE",
    "LOCATION_TAG",
    "PARENT_TAG",
    "RENEW_SECONDS",
    "TICKET_TAG",
    "GateError",
    "Hold",
    "HoldLostError",
    "Holds",
    "Lease",
    "Obstacle",
    "Outcome",
    "Phase",
    "Scope",
    "ScopeBusyError",
    "drain",
    "ensure_tables",
    "held_scopes",
    "holds_of_platform",
    "refuse_if_held",
    "tell_waiting",
]

_OF_DAGSTER = {"refuse_if_held": "instance", "tell_waiting": "notice"}


def __getattr__(name: str) -> Any:
    """Load Dagster and SQLAlchemy only when a name that needs them is asked for."""
    if name in _OF_DAGSTER:
        return getattr(importlib.import_module(f"data_platform.gate.{_OF_DAGSTER[name]}"), name)
    if name == "ensure_tables":
        return importlib.import_module("data_platform.gate.tables").ensure_tables
    raise AttributeError(name)
