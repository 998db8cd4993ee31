"""Runs that a hold's holder may start in spite of it: its smoke runs.

A tag alone proves nothing, since a run that is tried again inherits all tags. So the holder gets a ticket for each run;
the first run that is submitted with it owns it for good, and on any other run it is worth nothing.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.engine import Connection

EXEMPT_TAG = "data_platform/exempt_from_hold"
TICKET_TAG = "data_platform/exemption_ticket"


def issue(connection: Connection, hold: int) -> dict[str, str]:
    """Tags for one run that may start in spite of a hold."""
    ticket = secrets.token_urlsafe(24)
    connection.execute(
        text("INSERT INTO platform.hold_exemption (ticket_hash, hold) VALUES (:ticket, :hold)"),
        {"ticket": _hash(ticket), "hold": hold},
    )
    return {EXEMPT_TAG: str(hold), TICKET_TAG: ticket}


def claim(connection: Connection, run_id: str, tags: Mapping[str, str]) -> None:
    """Make a ticket that a run bears its own, if no submitted run has it and its hold is the one that the run names."""
    if TICKET_TAG in tags and tags.get(EXEMPT_TAG, "").isdecimal():
        connection.execute(
            text(
                "UPDATE platform.hold_exemption SET run_id = :run"
                " WHERE ticket_hash = :ticket AND hold = :hold AND (run_id IS NULL"
                # whoever submitted that one died before it was in the queue
                " OR run_id IN (SELECT run_id FROM runs WHERE status = 'NOT_STARTED'))"
            ),
            {"run": run_id, "ticket": _hash(tags[TICKET_TAG]), "hold": int(tags[EXEMPT_TAG])},
        )


def exempt_from(connection: Connection, run_id: str) -> int | None:
    """The hold in spite of which a run may start."""
    found = connection.execute(text("SELECT hold FROM platform.hold_exemption WHERE run_id = :run"), {"run": run_id})
    hold: int | None = found.scalar()
    return hold


def among(connection: Connection, run_ids: Sequence[str]) -> list[str]:
    """Those of some runs that the holders of holds have started."""
    statement = "SELECT run_id FROM platform.hold_exemption WHERE run_id = ANY(:runs)"
    return list(connection.execute(text(statement), {"runs": list(run_ids)}).scalars())


def _hash(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
