"""PostgreSQL: what an interrupted CREATE INDEX CONCURRENTLY leaves behind."""

import re

from data_platform.schema.postgres_session import Session

_PART = r'(?:"(?:[^"]|"")+"|[\w$]+)'
_CREATE = re.compile(
    rf"\s*CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?(?P<name>{_PART})\s+ON\s+"
    rf"(?:ONLY\s+)?(?:(?P<schema>{_PART})\s*\.\s*)?{_PART}",
    re.IGNORECASE,
)


def recover_index(session: Session, statement: str, *, failed: bool) -> bool:
    """Drop the invalid index that an earlier try of the statement left; see `Database.recovered`.

    Returns:
        Whether the earlier try, which was killed, had made the index.
    """
    found = _CREATE.match(statement)
    if found is None:
        return False
    # an index lies in the schema of its table
    name = f"{found['schema']}.{found['name']}" if found["schema"] else found["name"]
    rows = session.query(
        "SELECT indisvalid, indexrelid::regclass::text FROM pg_catalog.pg_index WHERE indexrelid = to_regclass(%s)",
        (name,),
    )
    if not rows:
        return False
    ((valid, index),) = rows
    if valid:
        return not failed
    session.query(f"DROP INDEX CONCURRENTLY {index}")  # as the server quotes it
    return False
