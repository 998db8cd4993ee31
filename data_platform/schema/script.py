"""What a command would do, as SQL text to read or to run by hand."""

from collections.abc import Iterator, Sequence

from data_platform.schema.baseline import baseline_writes
from data_platform.schema.checks import evaluate
from data_platform.schema.database import Database
from data_platform.schema.deploy import new_deployment_id, ourselves
from data_platform.schema.errors import ChangesetError
from data_platform.schema.plan import Plan
from data_platform.schema.precondition import OnFail
from data_platform.schema.prepared import statements_of
from data_platform.schema.rollback import statements_of as undo_statements
from data_platform.schema.rollback import writes_of
from data_platform.schema.rollback_plan import Undo
from data_platform.schema.statements import Statement
from data_platform.schema.step import Step
from data_platform.schema.writes import Insert, SetChecksum, Update, Write, row_of


def deploy_script(database: Database, plan: Plan) -> Iterator[str]:
    """The lines of what a deploy would run. Nothing is written.

    Preconditions count as their `onSqlOutput` says: IGNORE takes them as met, TEST evaluates them, FAIL refuses.

    Raises:
        ChangesetError: a precondition says FAIL, or HALT after a TEST.
    """
    yield from _head("Deploy", database)
    order = max((row.order for row in database.history().rows), default=0)
    deployment_id, liquibase = new_deployment_id(), ourselves()
    for step in plan.to_upgrade:
        assert step.ran  # noqa: S101 - only what ran has a checksum to upgrade
        yield f"-- checksum of {step.changeset.identity}"
        yield from _ended(database.as_text([SetChecksum(step.ran.identity, step.new_checksum)]))
    for step in plan.to_run:
        exectype = _exectype(database, step)
        if exectype is None:
            yield f"-- {step.changeset.identity} is left out: its precondition does not hold"
            continue
        order += 1
        yield f"-- changeset {step.changeset.identity}: {step.reason}"
        if step.changeset.comment:
            yield "-- " + " ".join(step.changeset.comment.split())
        if exectype != "MARK_RAN":
            yield from _statements(statements_of(step.changeset, database.dbms))
        row = row_of(step.changeset, order=order, exectype=exectype, liquibase=liquibase, deployment_id=deployment_id)
        write: Write = Update(step.ran.identity, row) if step.ran else Insert(row)
        yield from _ended(database.as_text([write]))


def rollback_script(database: Database, undone: Sequence[Undo]) -> Iterator[str]:
    """The lines of what a rollback would run."""
    yield from _head("Rollback", database)
    for undo in undone:
        yield f"-- rolling back {undo.changeset.identity}"
        yield from _statements(undo_statements(undo, database.dbms))
        yield from _ended(database.as_text(writes_of(database, undo)))


def baseline_script(database: Database, steps: list[Step]) -> Iterator[str]:
    """The lines of what a baseline would write."""
    yield from _head("Baseline", database)
    yield from _ended(database.as_text(baseline_writes(database, steps)))


def _head(what: str, database: Database) -> Iterator[str]:
    yield f"-- {what} script for {database.where}"


def _exectype(database: Database, step: Step) -> str | None:
    conditions = step.changeset.preconditions
    if conditions is None or conditions.on_sql_output == "IGNORE":
        return step.exectype
    verdict = evaluate(database, conditions)
    if verdict.holds or verdict.outcome is OnFail.WARN:
        return step.exectype
    if conditions.on_sql_output == "FAIL" or verdict.outcome is OnFail.HALT:
        raise ChangesetError(
            f"{step.changeset.identity}: {verdict.why}",
            where=step.changeset.source,
            line=verdict.line,
            anchor="preconditions",
        )
    return "MARK_RAN" if verdict.outcome is OnFail.MARK_RAN else None


def _statements(statements: Sequence[Statement]) -> Iterator[str]:
    return _ended([statement.text for statement in statements])


def _ended(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        # a comment at the end would swallow the semicolon
        end = "\n;" if "--" in text.rsplit("\n", 1)[-1] else ";"
        yield text.rstrip().removesuffix(";") + end
