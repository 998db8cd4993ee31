"""Whether a changeset's preconditions hold in a database."""

from dataclasses import dataclass

from data_platform.schema.database import Database
from data_platform.schema.errors import DatabaseError
from data_platform.schema.precondition import OnFail, Precondition, Preconditions


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the preconditions say.

    Args:
        holds: whether all are met.
        outcome: what their author wants when they are not (`onFail`), or cannot be evaluated (`onError`).
        why: which one is not met and how, or what the database said.
        line: of the first one that is not met.
    """

    holds: bool
    outcome: OnFail = OnFail.HALT
    why: str = ""
    line: int | None = None


def evaluate(database: Database, preconditions: Preconditions | None) -> Verdict:
    """Evaluate preconditions in their order, up to the first that is not met."""
    if preconditions is None:
        return Verdict(True)
    for check in preconditions.checks:
        try:
            why = _unmet(database, check)
        except DatabaseError as error:
            why = _with(f"a precondition cannot be evaluated: {error.what}", preconditions.on_error_message)
            return Verdict(False, preconditions.on_error, why, check.line)
        if why:
            why = _with(f"a precondition does not hold: {why}", preconditions.on_fail_message)
            return Verdict(False, preconditions.on_fail, why, check.line)
    return Verdict(True)


def _unmet(database: Database, check: Precondition) -> str | None:
    if check.kind == "sql-check":
        value = database.value(check.query)
        if value is None:
            return f"expected '{check.expected}', got no value"
        return None if value == check.expected else f"expected '{check.expected}', got '{value}'"
    of = f"{check.schema}.{check.name}" if check.schema else check.name
    if check.kind == "table-exists":
        return None if database.has_table(check.name, check.schema) else f"there is no table {of}"
    return None if database.has_view(check.name, check.schema) else f"there is no view {of}"


def _with(why: str, message: str | None) -> str:
    return f"{message} ({why})" if message else why
