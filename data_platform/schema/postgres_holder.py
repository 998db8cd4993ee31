"""PostgreSQL: who holds the changelog lock, and freeing it for one who is dead."""

# ruff: noqa: S608 - identifiers are quoted by `names`, values bound

import hashlib
from collections.abc import Sequence

from data_platform.schema.lock import Holder
from data_platform.schema.own_name import OURS
from data_platform.schema.postgres_session import Session
from data_platform.schema.postgres_tables import PostgresTables


def key_of(tables: PostgresTables) -> int:
    """The key of the advisory lock that deploys of ours hold: 64 bits, from the lock table's name."""
    return int.from_bytes(hashlib.sha256(f"{OURS}: {tables.lock}".encode()).digest()[:8], "big", signed=True)


def clear(tables: PostgresTables) -> str:
    """The beginning of the statement that frees the lock, as Liquibase writes it."""
    return f"UPDATE {tables.lock} SET LOCKED = FALSE, LOCKEDBY = NULL, LOCKGRANTED = NULL"


def find_holder(session: Session, tables: PostgresTables, key: int, own: Sequence[int]) -> Holder | None:
    """A deploy of ours, or who is written in the table, or a session that has its row locked.

    Args:
        own: process numbers of our own sessions, which do not count.
    """
    own = list(own)
    deploys = session.query(
        "SELECT a.pid, a.application_name, a.backend_start::timestamp FROM pg_catalog.pg_locks l"
        " JOIN pg_catalog.pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted"
        " AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
        " AND l.objsubid = 1 AND l.pid <> ALL(%s) AND l.classid = %s AND l.objid = %s",
        (own, (key >> 32) & 0xFFFFFFFF, key & 0xFFFFFFFF),
    )
    if not deploys and tables.has_lock:
        written = session.query(f"SELECT coalesce(LOCKEDBY, ''), LOCKGRANTED FROM {tables.lock} WHERE LOCKED")
        if written:
            return Holder(written[0][0], written[0][1], in_table=True)
        deploys = session.query(
            "SELECT a.pid, a.application_name, a.xact_start::timestamp FROM pg_catalog.pg_stat_activity a"
            f" JOIN {tables.lock} l ON a.backend_xid = l.xmax WHERE a.pid <> ALL(%s)",
            (own,),
        )
    return next((Holder(name or f"session {pid}", since, session=pid) for pid, name, since in deploys), None)


def force_release(session: Session, tables: PostgresTables, holder: Holder) -> bool:
    """Free the lock if the table still says what `holder` says; whether it did."""
    if not holder.in_table:
        return False
    freed = session.query(
        f"{clear(tables)} WHERE LOCKED AND coalesce(LOCKEDBY, '') = %s AND LOCKGRANTED IS NOT DISTINCT FROM %s"
        " RETURNING ID",
        (holder.who, holder.since),
    )
    return bool(freed)
