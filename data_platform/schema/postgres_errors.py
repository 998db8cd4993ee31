"""What PostgreSQL says when it refuses something: the SQLSTATE, by its name in PostgreSQL's manual, and one line."""

import psycopg2

ACTIVE_SQL_TRANSACTION = "25001"  # the statement refuses to be in a transaction
DUPLICATE_OBJECT = "42710"
DUPLICATE_SCHEMA = "42P06"
DUPLICATE_TABLE = "42P07"
INSUFFICIENT_PRIVILEGE = "42501"
INVALID_TABLE_DEFINITION = "42P16"
LOCK_NOT_AVAILABLE = "55P03"
UNIQUE_VIOLATION = "23505"


def code_of(error: BaseException | None) -> str | None:
    """The SQLSTATE of what psycopg2 raised, perhaps wrapped."""
    while error is not None and not isinstance(error, psycopg2.Error):
        error = error.__cause__
    return error.pgcode if error is not None else None


def reason_of(error: Exception) -> str:
    """What went wrong, in one line, with the server's detail or its hint."""
    diagnosis = getattr(error, "diag", None)
    if diagnosis is not None and diagnosis.message_primary:
        detail = f" ({diagnosis.message_detail})" if diagnosis.message_detail else ""
        hint = f" ({diagnosis.message_hint})" if diagnosis.message_hint and not detail else ""
        return f"{diagnosis.message_primary}{detail}{hint}"
    if "can't execute COPY" in str(error):  # psycopg2 names functions that nobody can call in a changeset
        return "COPY with STDIN or STDOUT cannot be in a changeset: write INSERT, or COPY with a file of the server"
    return str(error).strip() or type(error).__name__
