"""Holds as rows of `platform.hold`."""

# ruff: noqa: S608 - only constants of the program are put together; values are bound

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection, Row

from data_platform.gate.hold import Hold, Outcome, Phase, Scope

_COLUMNS = (
    "id, request, scope, phase, reason, owner, link, deployment, asked_at, held_since, expires_at, ended_at, outcome"
)
NOT_ENDED = "phase <> 'ended'"
_GIVEN = "request, scope, phase, reason, owner, link, deployment, asked_at, expires_at"
_INSERT = f"INSERT INTO platform.hold ({_GIVEN}) VALUES (:{_GIVEN.replace(', ', ', :')}) RETURNING {_COLUMNS}"
# the clock of the moment, not of the transaction's beginning: it may have waited for a lock
_CLOCK = "SELECT clock_timestamp() AS now"


@dataclass(frozen=True)
class Moment:
    """Holds as they were at a moment of the database's clock."""

    holds: tuple[Hold, ...]
    now: datetime


def select(connection: Connection, condition: str, **values: Any) -> list[Hold]:
    """Holds for which a condition in SQL holds, oldest first."""
    statement = f"SELECT {_COLUMNS} FROM platform.hold WHERE {condition} ORDER BY id"
    return [_hold(row) for row in connection.execute(text(statement), values)]


def select_now(connection: Connection, condition: str, **values: Any) -> Moment:
    """The same with the moment, in one query."""
    statement = f"SELECT * FROM ({_CLOCK}) clock LEFT JOIN platform.hold ON {condition} ORDER BY id"
    rows = connection.execute(text(statement), values).all()
    return Moment(tuple(_hold(row) for row in rows if row.id is not None), rows[0].now)


def clock(connection: Connection) -> datetime:
    """The database's clock."""
    now: datetime = connection.execute(text(_CLOCK)).scalar_one()
    return now


def insert(connection: Connection, holds: Iterable[Hold]) -> list[Hold]:
    """Store new holds; returns them with their numbers, which grow in this order."""
    stored = []
    for hold in holds:
        row = connection.execute(text(_INSERT), _values(hold)).one()
        stored.append(_hold(row))
    return stored


def update(connection: Connection, holds: Sequence[Hold]) -> None:
    """Store what became of holds; at the end of one, also which runs there were."""
    for hold in holds:
        connection.execute(
            text(
                "UPDATE platform.hold SET phase = :phase, held_since = :held_since, expires_at = :expires_at,"
                " ended_at = :ended_at, outcome = :outcome,"
                " last_run = CASE WHEN CAST(:ended_at AS timestamptz) IS NULL THEN NULL"
                " ELSE COALESCE(last_run, (SELECT max(id) FROM runs), 0) END WHERE id = :id"
            ),
            _values(hold),
        )


def renumber(connection: Connection, holds: Iterable[Hold]) -> None:
    """Give holds in line new numbers, in their order: a token that is granted later must be greater."""
    for hold in holds:
        connection.execute(text("UPDATE platform.hold SET id = DEFAULT WHERE id = :id"), {"id": hold.id})


def _values(hold: Hold) -> dict[str, Any]:
    values = {name: getattr(hold, name) for name in _COLUMNS.split(", ")}
    return values | {"scope": str(hold.scope), "phase": str(hold.phase), "outcome": hold.outcome and str(hold.outcome)}


def _hold(row: Row[Any]) -> Hold:
    values = {name: getattr(row, name) for name in _COLUMNS.split(", ")}
    typed = {"request": str(row.request), "scope": Scope(row.scope), "phase": Phase(row.phase)}
    return Hold(**{**values, **typed, "outcome": row.outcome and Outcome(row.outcome)})
