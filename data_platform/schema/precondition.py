"""Conditions on which a changeset runs, and what it means when they do not hold. Names follow Liquibase's."""

from enum import StrEnum
from typing import NamedTuple


class OnFail(StrEnum):
    """What an unmet precondition (`onFail`) or one that cannot be evaluated (`onError`) means for its changeset."""

    HALT = "HALT"
    CONTINUE = "CONTINUE"
    MARK_RAN = "MARK_RAN"
    WARN = "WARN"


class Precondition(NamedTuple):
    """One condition.

    Args:
        kind: `sql-check`, `table-exists` or `view-exists`.
        expected: for `sql-check`, the single value the query must give, as text.
        query: for `sql-check`, the query.
        name: for the others, the table or view.
        schema: for the others, its schema, or None for the default one.
    """

    kind: str
    line: int
    expected: str = ""
    query: str = ""
    name: str = ""
    schema: str | None = None


class Preconditions(NamedTuple):
    """The conditions of a changeset; all must hold."""

    checks: tuple[Precondition, ...]
    on_fail: OnFail = OnFail.HALT
    on_error: OnFail = OnFail.HALT
    on_sql_output: str = "IGNORE"
    on_fail_message: str | None = None
    on_error_message: str | None = None
