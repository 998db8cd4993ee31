"""What the gate reads of Dagster's runs: which are in flight, which wait. In SQL on Dagster's own tables, whose columns
`tests/gate/test_private.py` pins: the count must see the same moment as what is decided by it.
"""

# ruff: noqa: S608 - only constants of the program are put together; values are bound

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from data_platform.gate.admission import GATE_TAG, LOCATION_TAG, Ancestor
from data_platform.gate.hold import Hold, Scope
from data_platform.gate.line import FAIRNESS, Queued
from data_platform.gate.rows import select

IN_FLIGHT = ("STARTING", "STARTED", "CANCELING")
_WAITING = ("QUEUED",)
_LOCATION = f"(SELECT value FROM run_tags t WHERE t.run_id = r.run_id AND t.key = '{LOCATION_TAG}' LIMIT 1)"

_ANCESTORS = f"""
    SELECT {_LOCATION} AS location, e.hold FROM runs r LEFT JOIN platform.hold_exemption e ON e.run_id = r.run_id
    WHERE r.run_id = ANY(:ids) AND r.status IN ('STARTED', 'CANCELING')
"""


def in_flight(connection: Connection, scope: Scope) -> list[str]:
    """Runs that a drain waits for, oldest first."""
    return _runs(connection, scope, IN_FLIGHT)


def waiting(connection: Connection, scope: Scope) -> list[str]:
    """Runs in the queue, oldest first."""
    return _runs(connection, scope, _WAITING)


def _runs(connection: Connection, scope: Scope, statuses: Sequence[str]) -> list[str]:
    values: dict[str, Any] = {"statuses": list(statuses)}
    condition = "r.status = ANY(:statuses)"
    if not scope.covers(""):
        condition += f" AND {_LOCATION} = :scope"
        values["scope"] = str(scope)
    statement = f"SELECT r.run_id FROM runs r WHERE {condition} ORDER BY r.id"
    return list(connection.execute(text(statement), values).scalars())


def left_waiting(connection: Connection) -> list[Queued]:
    """Runs that still wait though the hold they waited for has ended, for holds that ended lately."""
    recent = select(
        connection,
        "phase = 'ended' AND held_since IS NOT NULL AND ended_at > clock_timestamp() - :fairness",
        fairness=FAIRNESS,
    )
    return [found for hold in recent if (found := _left_by(connection, hold)).runs]


def _left_by(connection: Connection, hold: Hold) -> Queued:
    rows = connection.execute(
        text(
            "SELECT g.value AS location, count(*) AS runs FROM runs r"
            " JOIN run_tags g ON g.run_id = r.run_id AND g.key = :gate"
            " WHERE r.status = 'QUEUED' AND r.id <= (SELECT last_run FROM platform.hold WHERE id = :id)"
            " AND (:scope = '*' OR g.value = :scope) GROUP BY g.value"
        ),
        {"gate": GATE_TAG, "id": hold.id, "scope": str(hold.scope)},
    )
    return Queued(hold, {row.location: row.runs for row in rows})


def ancestors(connection: Connection, run_ids: Sequence[str]) -> tuple[Ancestor, ...]:
    """Those of these runs that are executing. One that is only being started cannot have started another."""
    rows = connection.execute(text(_ANCESTORS), {"ids": list(run_ids)})
    return tuple(Ancestor(row.location or "", row.hold) for row in rows)
