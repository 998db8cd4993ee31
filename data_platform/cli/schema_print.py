"""How `dp schema` prints plans, outcomes and histories."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from data_platform.cli.output import print_json, print_rows, several
from data_platform.schema.plan import Plan
from data_platform.schema.step import State, Step

if TYPE_CHECKING:
    from data_platform.schema.database import Database
    from data_platform.schema.history import History
    from data_platform.schema.outcome import Outcome
    from data_platform.schema.rollback_plan import Undo


def step_row(step: Step) -> dict[str, Any]:
    """A step as data."""
    changeset = step.changeset
    return {
        **changeset.identity._asdict(),
        "checksum": changeset.checksum,
        "state": str(step.state),
        "reason": step.reason,
        "stored_checksum": step.ran.checksum if step.ran else None,
        "source": f"{changeset.source}:{changeset.line}",
    }


def print_plan(plan: Plan, database: "Database", *, as_json: bool) -> None:
    """What runs, in order; as JSON also what does not, and the statements."""
    from data_platform.schema.prepared import statements_of

    if as_json:
        rows = []
        for step in plan.steps:
            statements = [each.text for each in statements_of(step.changeset, database.dbms)] if step.runs else []
            rows.append(
                step_row(step)
                | {"runs": step.runs, "exectype": step.exectype if step.runs else None, "statements": statements}
                | {"new_checksum": step.new_checksum}
            )
        print_json(rows)
        return
    _table([{"changeset": str(step.changeset.identity), "why": step.reason} for step in plan.to_run])
    for step in plan.to_upgrade:
        old = step.ran.checksum if step.ran else None
        print(f"{step.changeset.identity}: its checksum is rewritten from {old} to {step.new_checksum}")
    _unknown(plan)
    print(f"a deploy would run {several(len(plan.to_run), 'changeset')}; {_rest(plan)}")


def print_status(plan: Plan, where: str, *, as_json: bool) -> None:
    """What is not deployed; as JSON every changeset."""
    if as_json:
        print_json([step_row(step) for step in plan.steps])
        return
    _unknown(plan)
    if not plan.to_run:
        print(f"{where} is up to date ({_rest(plan)})")
        return
    have = "has" if len(plan.to_run) == 1 else "have"
    print(f"{several(len(plan.to_run), 'changeset')} {have} not been deployed to {where}; {_rest(plan)}")
    for step in plan.to_run:
        print(f"     {step.changeset.identity}: {step.reason}")


def print_outcome(outcome: "Outcome", *, as_json: bool) -> None:
    """What a deploy did."""
    if as_json:
        print_json(
            {
                "deployment_id": outcome.deployment_id,
                "ran": [step_row(step) for step in outcome.ran],
                "marked": [step_row(step) for step in outcome.marked],
                "skipped": [step_row(step) for step in outcome.skipped],
                "upgraded": [step_row(step) for step in outcome.plan.to_upgrade],
                "states": {str(state): count for state, count in outcome.plan.counts.items()},
            }
        )
        return
    parts = [f"{several(len(outcome.ran), 'changeset')} ran"]
    parts += [f"{len(outcome.marked)} marked as run"] if outcome.marked else []
    parts += [f"{len(outcome.skipped)} skipped"] if outcome.skipped else []
    parts += [f"{len(outcome.plan.to_upgrade)} checksums rewritten"] if outcome.plan.to_upgrade else []
    print(", ".join(parts) + f"; {_rest(outcome.plan, deployed='deployed before')}")


def print_undone(undone: Sequence["Undo"], *, as_json: bool) -> None:
    """What a rollback took back."""
    if as_json:
        print_json([each.ran.identity._asdict() for each in undone])
    else:
        print(f"{several(len(undone), 'changeset')} rolled back")


def print_history(history: "History", *, as_json: bool) -> None:
    """What ran, oldest first."""
    rows = [
        {
            "order": row.order,
            "executed_at": row.executed_at,
            "file": row.identity.file,
            "id": row.identity.id,
            "author": row.identity.author,
            "exectype": row.exectype,
            "checksum": row.checksum,
            "tag": row.tag,
            "liquibase": row.liquibase,
            "contexts": row.contexts,
            "labels": row.labels,
            "deployment_id": row.deployment_id,
            "description": row.description,
            "comments": row.comments,
        }
        for row in history.rows
    ]
    if as_json:
        print_json(rows)
    else:
        shown = ("order", "executed_at", "exectype", "tag")
        _table([{"changeset": f"{r['file']}::{r['id']}::{r['author']}"} | {k: r[k] for k in shown} for r in rows])
        print(f"{several(len(rows), 'changeset')} ran here")


def print_baseline(steps: Sequence[Step], *, as_json: bool) -> None:
    """What counts as run now."""
    if as_json:
        print_json([step_row(step) for step in steps])
    else:
        print(f"{several(len(steps), 'changeset')} recorded as run; nothing was executed")


def _unknown(plan: Plan) -> None:
    for row in plan.unknown:
        print(f"{row.identity} ran here and is not in the changelog")


def _rest(plan: Plan, deployed: str = "deployed") -> str:
    counts = plan.counts
    others = [f"{counts[state]} {state}" for state in (State.FILTERED, State.IGNORED, State.EDITED) if counts[state]]
    return ", ".join([f"{counts[State.DEPLOYED]} {deployed}", *others])


def _table(rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        print_rows(rows, as_json=False)
