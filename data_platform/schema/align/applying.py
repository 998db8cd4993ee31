"""Plans and applies on a database that is connected: before, inside and after one transaction."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from data_platform.schema.align.actual import Actual, state_hash
from data_platform.schema.align.desired import Desired
from data_platform.schema.align.draft import Moment
from data_platform.schema.align.engine import Engine
from data_platform.schema.align.errors import AlignError
from data_platform.schema.align.names import Kind
from data_platform.schema.align.plan import AlignPlan, Step, make_steps, refuse_without_consent
from data_platform.schema.align.planning import changes, left_alone
from data_platform.schema.align.scope import scope_of


def plan_with(engine: Engine, desired: Desired) -> AlignPlan:
    """Compare the desired state with the database that an engine is connected to; see `alignment.plan_alignment`."""
    scope = scope_of(desired)
    with engine.transaction(keep=False):
        actual = engine.read(scope)
        planned = changes(engine.with_views(desired, actual), actual)
        steps = make_steps(planned, engine.sql, lambda change: engine.bookkeeping(change, desired.alignment))
    notes = tuple(
        f"{target} is managed and no longer in the files: it stays (say `deleted: true` or `released: true`)"
        for target in left_alone(desired, actual)
    )
    return AlignPlan(desired.alignment, engine.dialect.name, engine.name, state_hash(actual), scope, steps, notes)


def apply_with(engine: Engine, desired: Desired, allow: Collection[str]) -> AlignPlan:
    """Bring the database that an engine is connected to to the desired state; see `alignment.apply_alignment`."""
    first = plan_with(engine, desired)
    refuse_without_consent(first, allow)
    before = _run_alone(engine, first.steps, Moment.BEFORE)
    # what was made outside of the transaction is there now, and what is left is planned with it
    rest = plan_with(engine, desired) if before else first
    refuse_without_consent(rest, allow)
    _run_together(engine, rest, lambda now: state_hash(now) == rest.state)
    after = _run_alone(engine, rest.steps, Moment.AFTER)
    together = [step for step in rest.steps if step.moment == Moment.TRANSACTION]
    return replace(first, steps=(*before, *together, *after))


def apply_saved(engine: Engine, plan: AlignPlan, allow: Collection[str]) -> AlignPlan:
    """Apply a plan that was made before to the database that an engine is connected to; see `alignment.apply_plan`."""
    refuse_without_consent(plan, allow)
    actual = _read(engine, plan)
    if state_hash(actual) != plan.state:
        raise AlignError(
            "the database has changed since the plan was made, and nothing has been applied",
            where=engine.where,
            fix="make and look at a new plan",
            anchor="alignment",
        )
    _run_alone(engine, plan.steps, Moment.BEFORE)
    there = state_hash(_without_databases(actual))
    _run_together(engine, plan, lambda now: state_hash(_without_databases(now)) == there)
    _run_alone(engine, plan.steps, Moment.AFTER)
    return plan


def _read(engine: Engine, plan: AlignPlan) -> Actual:
    with engine.transaction(keep=False):
        return engine.read(plan.scope)


def _run_alone(engine: Engine, steps: Sequence[Step], moment: Moment) -> list[Step]:
    mine = [step for step in steps if step.moment == moment]
    if mine:
        with engine.transaction(keep=True):
            engine.make_registry()
    for step in mine:
        engine.run(step, alone=True)
    return mine


def _run_together(engine: Engine, plan: AlignPlan, as_planned: Callable[[Actual], bool]) -> None:
    """Run the steps of the transaction, if what they were planned for still is so."""
    steps = [step for step in plan.steps if step.moment == Moment.TRANSACTION]
    if not steps:
        return
    with engine.transaction(keep=True):
        if not as_planned(engine.read(plan.scope)):
            raise AlignError(
                "the database was changed by somebody else just now, and nothing has been applied",
                where=engine.where,
                fix="apply again",
                anchor="alignment",
            )
        if any(step.bookkeeping for step in steps):
            engine.make_registry()
        for step in steps:
            engine.run(step)


def _without_databases(actual: Actual) -> Actual:
    """What the steps before the transaction have not changed."""
    return replace(
        actual,
        objects={target: found for target, found in actual.objects.items() if target.kind is not Kind.DATABASE},
        managed={target: found for target, found in actual.managed.items() if target.kind is not Kind.DATABASE},
        grants=frozenset(held for held in actual.grants if getattr(held.on, "kind", None) is not Kind.DATABASE),
        ties={},
    )
