"""Plans and applies an alignment: what the command line and Dagster call."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data_platform.schema.align.actual import Actual, state_hash
from data_platform.schema.align.desired import Desired
from data_platform.schema.align.draft import Moment
from data_platform.schema.align.engine import Engine, Tell, open_engine
from data_platform.schema.align.errors import AlignError
from data_platform.schema.align.loading import read_files
from data_platform.schema.align.names import Kind
from data_platform.schema.align.plan import AlignPlan, Step, make_steps, refuse_without_consent
from data_platform.schema.align.planning import changes, left_alone
from data_platform.schema.align.resolving import resolve
from data_platform.schema.align.scope import scope_of


@dataclass(frozen=True)
class Files:
    """Where desired state stands.

    Args:
        paths: files or folders.
        variables: what `${name}` stands for; None is known, but has no value here.
    """

    paths: Sequence[Path]
    variables: Mapping[str, str | None]


def plan_alignment(url: str, files: Files) -> AlignPlan:
    """Compare files with a database; nothing is written.

    Raises:
        UsageError: a file or the URL is wrong.
        AlignError: something is in the way.
        DatabaseError: the database cannot be reached or read.
    """
    sources = read_files(files.paths)
    engine = open_engine(url, writing=False)
    try:
        return _plan(engine, resolve(sources, engine.dialect, files.variables))
    finally:
        engine.close()


def apply_alignment(
    url: str, files: Files, *, allow: Collection[str] = (), wait_seconds: float = 60, tell: Tell = lambda _: None
) -> AlignPlan:
    """Bring a database to what the files say.

    Args:
        allow: `drop`, `revoke`; without it a plan that does so is refused as a whole.
        wait_seconds: how long to wait for another alignment of the same database.
        tell: is given one line when it has to wait.

    Returns:
        What was done.

    Raises:
        UsageError: a file or the URL is wrong.
        AlignError: something is in the way, or needs consent; nothing has been changed.
        LockError: another alignment still runs.
        DatabaseError: a step failed; nothing of the transaction stays.
    """
    sources = read_files(files.paths)
    engine = open_engine(url, writing=True)
    try:
        desired = resolve(sources, engine.dialect, files.variables)
        with engine.locked(wait_seconds, tell):
            return apply_with(engine, desired, allow)
    finally:
        engine.close()


def apply_plan(
    url: str, plan: AlignPlan, *, allow: Collection[str] = (), wait_seconds: float = 60, tell: Tell = lambda _: None
) -> AlignPlan:
    """Apply a plan that was made before, if the database still is as it was then.

    Raises:
        AlignError: the database has changed, or is another one, or a step needs consent; nothing has been changed.
        LockError: another alignment still runs.
        DatabaseError: a step failed; nothing of the transaction stays.
    """
    engine = open_engine(url, writing=True)
    try:
        if (plan.dialect, plan.database) != (engine.dialect.name, engine.name):
            raise AlignError(
                f"the plan is for {plan.dialect} {plan.database}, not for {engine.dialect.name} {engine.name}",
                anchor="alignment",
            )
        with engine.locked(wait_seconds, tell):
            return _apply_saved(engine, plan, allow)
    finally:
        engine.close()


def _plan(engine: Engine, desired: Desired) -> AlignPlan:
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
    """Bring the database that an engine is connected to to the desired state; see `apply_alignment`."""
    first = _plan(engine, desired)
    refuse_without_consent(first, allow)
    before = _run_alone(engine, first.steps, Moment.BEFORE)
    # what was made outside of the transaction is there now, and what is left is planned with it
    rest = _plan(engine, desired) if before else first
    refuse_without_consent(rest, allow)
    _run_together(engine, rest, lambda now: state_hash(now) == rest.state)
    after = _run_alone(engine, rest.steps, Moment.AFTER)
    together = [step for step in rest.steps if step.moment == Moment.TRANSACTION]
    return replace(first, steps=(*before, *together, *after))


def _apply_saved(engine: Engine, plan: AlignPlan, allow: Collection[str]) -> AlignPlan:
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
