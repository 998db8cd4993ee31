"""The single value that a query gives, as in the precondition of a changeset."""

from collections.abc import Sequence

from data_platform.schema.errors import DatabaseError


def single_value(rows: Sequence[Sequence[object]], query: str) -> str | None:
    """The value as text, a boolean as `true` or `false`; None for NULL, and for no row.

    Args:
        rows: all that the query gave.
        query: for the message.

    Raises:
        DatabaseError: there are more rows or columns than one.
    """
    if len(rows) > 1 or (rows and len(rows[0]) != 1):
        raise DatabaseError(f"the query gives more than one value: {query}")
    value = rows[0][0] if rows else None
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
