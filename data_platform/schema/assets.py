"""The room's face in Dagster: a changelog as an asset upstream of what needs it, with checks.

Deploying from the UI, by a schedule and by `dp schema deploy` is the same code: `deploy_target`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import dagster as dg

# a code server does not deploy: what does is imported by the run
if TYPE_CHECKING:
    from data_platform.schema.events import Event
    from data_platform.schema.plan import Plan
    from data_platform.schema.step import Step
    from data_platform.schema.target import Target

PENDING, DRIFT = "no_pending_changesets", "no_drift"
_MOST_ROWS = 200


def schema_definitions(
    target: "Callable[[], Target]",
    *,
    key: dg.AssetKey,
    description: str,
    owners: Sequence[str],
    kind: str,
    pool: str | None,
) -> dg.Definitions:
    """A changelog as an asset with its checks.

    Args:
        target: names the changelog and its database; called when a run needs it.
        key: of the asset.
        kind: `duckdb`, `postgresql` or `snowflake`, shown as a kind.
        pool: Dagster pool that guards the database, or None.
    """

    @dg.asset(
        key=key,
        description=description,
        group_name="schema",
        owners=list(owners),
        kinds={"sql", kind},
        pool=pool,
    )
    def _schema(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        return _deploy(target(), context)

    @dg.multi_asset_check(
        name="_".join((*key.path, "checks")),
        specs=[
            dg.AssetCheckSpec(PENDING, asset=key, description="Every changeset meant for this database has run."),
            dg.AssetCheckSpec(DRIFT, asset=key, description="Nobody changed by hand what the changelog built."),
        ],
        can_subset=True,
        pool=pool,
    )
    def _checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        wanted = {check.name for check in context.selected_asset_check_keys}
        if PENDING in wanted:
            yield _pending(target(), key)
        if DRIFT in wanted:
            yield _drift(target(), key)

    return dg.Definitions(assets=[_schema], asset_checks=[_checks])


def _deploy(target: "Target", context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    from data_platform.schema.deploying import deploy_target
    from data_platform.schema.errors import SchemaError

    def tell(event: "Event") -> None:
        log = context.log.warning if event.kind in ("warned", "skipped") else context.log.info
        log(str(event))
        for notice in event.notices:
            context.log.info(notice)

    try:
        outcome = deploy_target(target, tell=tell, notice=context.log.warning)
    except SchemaError as error:
        raise dg.Failure(str(error)) from None
    return dg.MaterializeResult(
        metadata={
            "changesets": len(outcome.plan.steps),
            "ran": len(outcome.ran),
            "deployment_id": outcome.deployment_id or "nothing to do",
            "plan": _table(outcome.plan.steps),
            "states": {str(state): count for state, count in outcome.plan.counts.items()},
        },
        data_version=dg.DataVersion(_version(outcome.plan)),
    )


def _pending(target: "Target", key: dg.AssetKey) -> dg.AssetCheckResult:
    from data_platform.schema.opening import opened
    from data_platform.schema.plan import make_plan

    with opened(target) as it:
        plan = make_plan(it.changelog, it.database.history(), it.selection)
    open_steps = [step for step in (*plan.to_run, *plan.edited) if step.state != "always"]
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=PENDING,
        passed=not open_steps,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{len(open_steps)} are not deployed; deploy this asset" if open_steps else "all are deployed",
        metadata={"changesets": _table(open_steps)} if open_steps else {},
    )


def _drift(target: "Target", key: dg.AssetKey) -> dg.AssetCheckResult:
    from data_platform.schema.deploying import drift_of

    differences = drift_of(target)
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=DRIFT,
        passed=not differences,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{len(differences)} differences; see `dp schema diff`" if differences else "as the changelog says",
        metadata={"differences": dg.MetadataValue.json([str(each) for each in differences])} if differences else {},
    )


def _table(steps: "Sequence[Step]") -> dg.TableMetadataValue:
    # what runs first: the rest is cut where there are too many
    shown = sorted(steps, key=lambda step: not step.runs)[:_MOST_ROWS]
    rows = [
        dg.TableRecord({"changeset": str(step.changeset.identity), "state": str(step.state), "why": step.reason})
        for step in shown
    ]
    columns = [dg.TableColumn(name) for name in ("changeset", "state", "why")]
    return dg.MetadataValue.table(rows, schema=dg.TableSchema(columns))


def _version(plan: "Plan") -> str:
    """Changes whenever the changelog does."""
    import hashlib

    digest = hashlib.sha256("".join(step.changeset.content_hash for step in plan.steps).encode())
    return digest.hexdigest()[:16]
