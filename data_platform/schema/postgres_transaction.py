"""PostgreSQL: statements that run in one transaction with what is written to the history, or outside of any."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from data_platform.schema.errors import DatabaseError
from data_platform.schema.postgres_session import Session

if TYPE_CHECKING:
    from data_platform.schema.statements import Statement

# statements that refuse to be in a transaction, or that may end it themselves: not tried together with anything else
_ALONE = re.compile(
    r"\s*(?:(?:CREATE|DROP)\b.*\bCONCURRENTLY|VACUUM|CALL|DO|REINDEX|CLUSTER|COMMIT|ROLLBACK|BEGIN|START|END|ABORT"
    r"|(?:CREATE|DROP|ALTER)\s+(?:DATABASE|TABLESPACE|SYSTEM|SUBSCRIPTION))\b",
    re.IGNORECASE | re.DOTALL,
)


def must_be_alone(statement: Statement) -> bool:
    """Whether a statement is not even tried in a transaction."""
    return _ALONE.match(statement.bare) is not None


def in_transaction(session: Session, set_path: str, statements: Sequence[Statement], writes: str) -> list[str]:
    """Run statements and what follows them as one transaction, begun and committed in the same messages.

    Args:
        set_path: the statement that makes the default schema the first one searched.
        writes: statements of our own, each ended by `;`.

    Returns:
        What the server remarked.

    Raises:
        StatementError: a statement failed; all is rolled back.
        DatabaseError: a write failed; all is rolled back.
    """
    notices = []
    before = f"BEGIN;{set_path};"
    after = f"{writes}COMMIT"
    try:
        for statement in statements[:-1]:
            notices += session.send(before, statement, "")
            before = ""
        notices += session.send(before, statements[-1] if statements else None, after)
    except DatabaseError:
        session.end_transaction()
        raise
    return notices


def outside_transaction(session: Session, set_path: str, statement: Statement) -> list[str]:
    """Run one statement by itself; a transaction that it leaves open is rolled back.

    Returns:
        What the server remarked.

    Raises:
        StatementError: it failed.
    """
    session.query(set_path)
    try:
        return session.send("", statement, "")
    finally:
        session.end_transaction()
