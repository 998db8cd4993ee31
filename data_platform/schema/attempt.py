"""Runs one changeset of a deploy, and decides what its failure means."""

import re
from collections.abc import Callable

from data_platform.schema.checks import evaluate
from data_platform.schema.errors import ChangesetError, DatabaseError, StatementError
from data_platform.schema.events import Event, Kind
from data_platform.schema.execution import Execution
from data_platform.schema.precondition import OnFail
from data_platform.schema.step import Step

_LITERAL = re.compile(r"'[^']*'?|\$(\w*)\$.*?(?:\$\1\$|\Z)", re.DOTALL)


def attempt(execution: Execution, step: Step) -> Kind:
    """Run a changeset as its preconditions and `failOnError` say.

    Returns:
        What became of it: RAN, MARKED or SKIPPED.

    Raises:
        ChangesetError: it failed, or a precondition says HALT.
    """
    changeset, tell = step.changeset, execution.tell
    tell(Event(Kind.RUNNING, "", step))
    verdict = evaluate(execution.database, changeset.preconditions)
    if not verdict.holds:
        match verdict.outcome:
            case OnFail.HALT:
                raise _failed(step, verdict.why, verdict.line, tell)
            case OnFail.WARN:
                tell(Event(Kind.WARNED, verdict.why, step))
            case OnFail.MARK_RAN:
                execution.mark_ran(step)
                tell(Event(Kind.MARKED, verdict.why, step))
                return Kind.MARKED
            case OnFail.CONTINUE:
                tell(Event(Kind.SKIPPED, verdict.why, step))
                return Kind.SKIPPED
    try:
        execution.run(step)
    except StatementError as error:
        why = f"{error.what} [{_excerpt(error.statement.text)}]"
        if changeset.fail_on_error:
            line = error.statement.line_at(error.position)
            raise _failed(step, why, line, tell, error.statement.file) from error
        tell(Event(Kind.SKIPPED, f"it failed, and has failOnError:false: {why}", step))
        return Kind.SKIPPED
    except DatabaseError as error:
        raise _failed(step, error.what, changeset.line, tell) from error
    return Kind.RAN


def _failed(
    step: Step, why: str, line: int | None, tell: Callable[[Event], None], file: str | None = None
) -> ChangesetError:
    tell(Event(Kind.FAILED, why, step))
    return ChangesetError(
        f"changeset {step.changeset.identity} failed: {why}",
        where=file or step.changeset.source,
        line=line or step.changeset.line,
        anchor="failed-changesets",
    )


def _excerpt(sql: str) -> str:
    """The beginning of a statement, without what its literals say: that may be a password."""
    masked = " ".join(_LITERAL.sub("'…'", sql).split())
    return masked if len(masked) <= 120 else masked[:119] + "…"
