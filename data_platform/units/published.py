"""What units give each other: public models as published assets, and other units' data as views."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from data_platform.dbt.graph import DbtGraph, Model
from data_platform.dbt.project import DbtProject
from data_platform.dbt.specs import asset_key, column_schema

if TYPE_CHECKING:
    from data_platform.warehouse import Exported, Warehouse

LAYER = "published"


def published_assets(
    project: DbtProject,
    graph: DbtGraph,
    *,
    owners: Sequence[str],
    pool: str | None,
    freshness: dg.FreshnessPolicy | None = None,
) -> list[dg.AssetsDefinition]:
    """One asset `<unit>/published/<model>` for each public model, written together as a new version.

    The models' blocking checks stand before them: what fails them is not published.
    """
    public = {_published_key(project, model): model for model in graph.models if model.public}
    if not public:
        return []

    @dg.multi_asset(
        name=f"{project.unit}_publish",
        specs=[_spec(key, model, owners, freshness) for key, model in public.items()],
        can_subset=True,
        pool=pool,
    )
    def _publish(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        from data_platform.warehouse import ObjectStorage
        from data_platform.warehouse.opening import open_warehouse
        from data_platform.warehouse.publication import publish

        chosen = {key: model for key, model in public.items() if asset_key(key) in context.selected_asset_keys}
        environment = project.environment
        with open_warehouse(environment, project.unit) as warehouse:
            publication = publish(
                ObjectStorage(environment.storage),
                project.unit,
                {_name(model): _exporter(warehouse, model) for model in chosen.values()},
                public=[_name(model) for model in public.values()],
                source_run=context.run.run_id,
            )
        for warning in publication.warnings:
            context.log.warning(warning)
        for key, model in chosen.items():
            dataset = publication.version.manifest.datasets[_name(model)]
            yield dg.MaterializeResult(
                asset_key=asset_key(key),
                data_version=dg.DataVersion(dataset.sha256[:16]),
                metadata={
                    "dagster/row_count": dataset.rows,
                    "version": publication.version.version,
                    "changed": _name(model) in publication.written,
                    "bytes": dataset.size,
                    "file": dg.MetadataValue.path(publication.version.url(_name(model))),
                },
            )

    return [_publish]


def adopt_published(project: DbtProject, graph: DbtGraph, outside: Sequence[str]) -> dict[str, str]:
    """Pin the current version of every other unit that is read, as views in the unit's own warehouse.

    Args:
        project: of the consuming unit.
        graph: its prepared graph.
        outside: asset keys that this run reads from outside the project.

    Returns:
        The version of each unit.

    Raises:
        PublicationError: a unit has published nothing yet, or not this model.
    """
    units = sorted({source.unit for source in graph.sources if source.unit and source.key in outside})
    if not units:
        return {}
    from data_platform.warehouse import ObjectStorage
    from data_platform.warehouse.opening import open_warehouse
    from data_platform.warehouse.published import adopt, resolve

    storage = ObjectStorage(project.environment.storage)
    versions = {unit: resolve(storage, unit) for unit in units}
    with open_warehouse(project.environment, project.unit) as warehouse:
        for unit, version in versions.items():
            adopt(warehouse, version, [source.table for source in graph.sources if source.unit == unit])
    return {unit: version.version for unit, version in versions.items()}


def _published_key(project: DbtProject, model: Model) -> str:
    return f"{project.unit}/{LAYER}/{_name(model)}"


def _name(model: Model) -> str:
    return model.key.rpartition("/")[2]


def _spec(key: str, model: Model, owners: Sequence[str], freshness: dg.FreshnessPolicy | None) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=asset_key(key),
        deps=[asset_key(model.key)],
        description=f"{model.description}\n\nThe model `{_name(model)}` as other units read it.".strip(),
        group_name=LAYER,
        owners=list(owners),
        kinds={"parquet"},
        freshness_policy=freshness,
        metadata=column_schema(model.columns),
    )


def _exporter(warehouse: "Warehouse", model: Model) -> "Callable[[Path], Exported]":
    from data_platform.warehouse import Table

    table = Table(*model.relation)
    return lambda file: warehouse.export_parquet(f"select * from {table}", file)  # noqa: S608 (a quoted name)
