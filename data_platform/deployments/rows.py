"""Deployments as rows of `platform.deployment`."""

# ruff: noqa: S608 - only constants of the program are put together; values are bound

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection, Row

from data_platform.deployments.deployment import Asked, Deployment, PhaseTime
from data_platform.deployments.phases import Outcome, Phase

_TEXTS = "units, environment, owner, reason, link, commit, uncommitted, smoke, allow, undoes, image"
_DOCUMENTS = ("submodules", "before", "after", "manifests")
_ASKED = f"{_TEXTS}, {', '.join(_DOCUMENTS)}"
_GIVEN = f":{_TEXTS.replace(', ', ', :')}, {', '.join(f'CAST(:{name} AS jsonb)' for name in _DOCUMENTS)}"

INSERT = (
    f"INSERT INTO platform.deployment ({_ASKED}, phase, asked_at, seen_at)"
    f" VALUES ({_GIVEN}, :phase, clock_timestamp(), clock_timestamp()) RETURNING id"
)

_SELECT = f"""
    SELECT {_ASKED}, id, phase, outcome, cause, token, changesets, intended, asked_at, seen_at, ended_at,
        clock_timestamp() AS now,
        EXISTS (SELECT FROM platform.hold h WHERE h.deployment = CAST(d.id AS text) AND h.phase = 'applying') AS held,
        (SELECT json_agg(json_build_object('phase', p.phase, 'began', p.began_at) ORDER BY position)
         FROM platform.deployment_phase p WHERE p.deployment = d.id) AS phases
    FROM platform.deployment d WHERE
"""

_ENTER = """
    INSERT INTO platform.deployment_phase (deployment, position, phase, began_at)
    SELECT :id, count(*), :phase, clock_timestamp() FROM platform.deployment_phase WHERE deployment = :id
"""


def enter_phase(connection: Connection, number: int, phase: Phase) -> None:
    """Note that a phase begins."""
    connection.execute(text(_ENTER), {"id": number, "phase": str(phase)})


def select(connection: Connection, condition: str, limit: int = 1000, **values: Any) -> list[Deployment]:
    """Deployments for which a condition in SQL holds, newest first."""
    statement = f"{_SELECT} ({condition}) ORDER BY id DESC LIMIT :limit"
    return [_deployment(row) for row in connection.execute(text(statement), {"limit": limit, **values})]


def _deployment(row: Row[Any]) -> Deployment:
    asked = {name: getattr(row, name) for name in _ASKED.split(", ")}
    return Deployment(
        id=row.id,
        asked=Asked(**asked | {name: tuple(asked[name]) for name in ("units", "smoke", "allow")}),
        phase=Phase(row.phase),
        outcome=row.outcome and Outcome(row.outcome),
        cause=row.cause,
        token=row.token,
        changesets=row.changesets,
        intended=row.intended,
        asked_at=row.asked_at,
        seen_at=row.seen_at,
        ended_at=row.ended_at,
        now=row.now,
        phases=_phases(row),
        held=row.held,
    )


def _phases(row: Row[Any]) -> tuple[PhaseTime, ...]:
    begun = [(Phase(each["phase"]), datetime.fromisoformat(each["began"])) for each in row.phases or ()]
    ends = [began for _, began in begun[1:]] + [row.ended_at or row.now]
    return tuple(
        PhaseTime(phase, began, (end - began).total_seconds()) for (phase, began), end in zip(begun, ends, strict=True)
    )
