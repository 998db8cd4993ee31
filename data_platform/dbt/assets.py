"""A unit's dbt project in Dagster: one step that runs dbt and reports each node as it finishes."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import dagster as dg

from data_platform.dbt.build import BatchRange, NodeResult, build
from data_platform.dbt.graph import Check, Column, DbtGraph, Model
from data_platform.dbt.project import DbtProject
from data_platform.dbt.specs import asset_key, asset_specs, check_specs, column_lineage, column_schema, partitions_of

_RANGE_START = "dagster/asset_partition_range_start"
_RANGE_END = "dagster/asset_partition_range_end"
_MADE = frozenset({"success", "partial success"})
_BROKEN = frozenset({"error", "fail", "runtime error", "partial success"})
Event = dg.MaterializeResult[None] | dg.AssetCheckResult


def dbt_assets(
    project: DbtProject,
    graph: DbtGraph,
    *,
    owners: Sequence[str],
    pool: str | None,
    freshness: dg.FreshnessPolicy | None = None,
    schema_key: Sequence[str] | None = None,
    before: Callable[[Sequence[str]], dict[str, str]] = lambda _: {},
) -> dg.AssetsDefinition:
    """The models and tests of a dbt project as one subsettable step.

    Args:
        project: where the project is and where it runs.
        graph: its prepared graph.
        owners: owners of every asset.
        pool: Dagster pool that guards the warehouse.
        freshness: policy of every asset.
        schema_key: the asset that deploys the unit's schema changes, upstream of the first models.
        before: called with the asset keys that the selected models read from outside, before dbt starts; returns
            the version of each unit that is read.
    """
    specs = asset_specs(
        graph,
        project_folder=project.folder,
        owners=owners,
        warehouse=project.environment.warehouse,
        freshness=freshness,
        schema_key=schema_key,
    )

    @dg.multi_asset(
        name=f"{project.unit}_dbt",
        specs=specs,
        check_specs=check_specs(graph),
        can_subset=True,
        pool=pool,
        backfill_policy=dg.BackfillPolicy.single_run(),
        allow_arbitrary_check_specs=True,  # tests of sources check assets that other steps make
    )
    def _dbt(context: dg.AssetExecutionContext) -> Iterator[Event]:
        selection = _Selection(graph, context)
        for unit, version in before(selection.outside()).items():
            context.log.info(f"reads version {version} of {unit}")
        yield from _events(project, graph, selection.build(project))

    return _dbt


class _Selection:
    """What of the project this run is about."""

    def __init__(self, graph: DbtGraph, context: dg.AssetExecutionContext) -> None:
        keys, checks = context.selected_asset_keys, context.selected_asset_check_keys
        self.graph, self.tags = graph, context.run.tags
        self.models = [model for model in graph.models if asset_key(model.key) in keys]
        self.checks = [c for c in graph.checks if dg.AssetCheckKey(asset_key(c.key), c.name) in checks]

    def build(self, project: DbtProject) -> Iterator[NodeResult]:
        """Run dbt for what is selected."""
        if len(self.models) == len(self.graph.models) and len(self.checks) == len(self.graph.checks):
            yield from build(project, batches=self.batches())  # no selectors: that spares dbt the search
            return
        built = {model.key for model in self.models}
        alone = [check for check in self.checks if not built or (check.is_unit_test and check.key not in built)]
        together: list[Model | Check] = [*self.models, *(check for check in self.checks if check not in alone)]
        if together:
            yield from build(project, select=[node.selector for node in together], batches=self.batches())
        if alone:
            yield from build(project, command="test", select=[check.selector for check in alone])

    def outside(self) -> list[str]:
        """Asset keys that are read and not made by this project."""
        own = {model.key for model in self.graph.models}
        read = [key for model in self.models for key in model.upstream]
        read += [key for check in self.checks for key in (check.key, *check.also)]
        return list(dict.fromkeys(key for key in read if key not in own))

    def batches(self) -> BatchRange | None:
        """The time range of the run's partitions, for microbatch models."""
        first = self.tags.get("dagster/partition") or self.tags.get(_RANGE_START)
        last = self.tags.get("dagster/partition") or self.tags.get(_RANGE_END)
        partitions = next((partitions_of(model.batches) for model in self.models if model.batches), None)
        if partitions is None or not first or not last:
            return None
        start = partitions.time_window_for_partition_key(first).start
        end = partitions.time_window_for_partition_key(last).end
        return BatchRange(f"{start:%Y-%m-%dT%H:%M:%S}", f"{end:%Y-%m-%dT%H:%M:%S}")


def _events(project: DbtProject, graph: DbtGraph, results: Iterator[NodeResult]) -> Iterator[Event]:
    """Dagster's events for dbt's results; raises at the end if any node failed."""
    models = {model.unique_id: model for model in graph.models}
    checks = {check.unique_id: check for check in graph.checks}
    broken: list[str] = []
    for result in results:
        if result.id in models and result.status in _MADE:
            yield _materialized(models[result.id], result)
        elif result.id in checks and result.status not in {"skipped", "no-op"}:
            yield _checked(checks[result.id], result)
        if result.status in _BROKEN:
            broken.append(_told(project, models.get(result.id) or checks.get(result.id), result))
    if broken:
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        raise dg.Failure(f"dbt: {broken[0]}{more}", metadata={"failed": dg.MetadataValue.json(broken)})


def _told(project: DbtProject, node: Model | Check | None, result: NodeResult) -> str:
    """What failed: file, name and message in one line."""
    name = (node.key.rpartition("/")[2] if isinstance(node, Model) else node.name) if node else result.id
    place = f"{project.shown / node.path}: " if node else ""
    # the macros that dbt went through are in its log
    lines = [line.strip() for line in result.message.splitlines() if not line.strip().startswith(">")]
    return f"{place}{name}: {' '.join(' '.join(lines).split())[:300]}"


def _materialized(model: Model, result: NodeResult) -> dg.MaterializeResult[None]:
    described = {column.name.lower(): column.description for column in model.columns}
    columns = [Column(name, kind, described.get(name.lower(), "")) for name, kind in result.columns]
    metadata: dict[str, Any] = {
        **column_schema(columns or model.columns, model.lineage),
        **column_lineage(model, columns),
        "dbt/seconds": round(result.seconds, 3),
    }
    if result.rows is not None:
        metadata["dagster/row_count"] = result.rows
    return dg.MaterializeResult(asset_key=asset_key(model.key), metadata=metadata)


def _checked(check: Check, result: NodeResult) -> dg.AssetCheckResult:
    metadata: dict[str, Any] = {"dbt/status": result.status, "dbt/seconds": round(result.seconds, 3)}
    if result.failures is not None:
        metadata["failures"] = result.failures
    if result.message:
        metadata["message"] = result.message
    # a test of severity error may warn below a threshold of its own (`error_if`)
    is_warning = result.status == "warn" or (result.status == "pass" and check.severity == "warn")
    return dg.AssetCheckResult(
        asset_key=asset_key(check.key),
        check_name=check.name,
        passed=result.status == "pass",
        severity=dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR,
        description=result.message or None,
        metadata=metadata,
    )
