"""A unit card turned into the definitions of a code location."""

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path

import dagster as dg

from data_platform.dbt.assets import dbt_assets
from data_platform.dbt.graph import DbtGraph
from data_platform.dbt.prepare import prepared
from data_platform.dbt.specs import source_spec
from data_platform.units.definitions_error import definitions_error, raised_by_unit
from data_platform.units.executor import unit_executor
from data_platform.units.freshness import freshness_policy
from data_platform.units.published import adopt_published, published_assets
from data_platform.units.schedules import build_job, build_schedule
from data_platform.units.unit import Unit, read_unit


def business_unit(folder: Path) -> Callable[[], dg.Definitions]:
    """The definitions of a business unit, for its `definitions.py`.

    From the card come the dbt project as assets and checks, the published models, the build job and its schedule;
    whatever the unit's `defs/` folder holds (components with `defs.yaml`, or Python) is merged in.

    Args:
        folder: `code_locations/<unit>`.

    Returns:
        Dagster's lazy definitions: nothing is read before Dagster asks.
    """

    def load() -> dg.Definitions:
        return unit_definitions(read_unit(folder.resolve()))  # what `current` names now, though it may be moved

    return dg.definitions(load)


def unit_definitions(unit: Unit) -> dg.Definitions:
    """Build a unit's definitions.

    Raises:
        DataPlatformError: the dbt project does not exist or does not parse, or a `defs.yaml` is wrong. What the unit's
            own Python raises is passed on as it is.
    """
    try:
        return _definitions(unit)
    except Exception as error:  # what Dagster raises for definitions that do not fit together has no common base
        if raised_by_unit(error, unit.folder):
            raise
        raise definitions_error(error, unit.folder, unit.root) from None


def _definitions(unit: Unit) -> dg.Definitions:
    card, project = unit.card, unit.project
    graph = prepared(project)
    freshness = freshness_policy(card.freshness)
    models = dbt_assets(
        project,
        graph,
        owners=card.owners,
        pool=unit.pool,
        freshness=freshness,
        schema_key=unit.schema_key,
        before=lambda outside: adopt_published(project, graph, outside),
    )
    published = published_assets(project, graph, owners=card.owners, pool=unit.pool, freshness=freshness)
    own = dg.Definitions(assets=[models, *published], executor=unit_executor)
    parts = [own, *_schema(unit), *_from_defs_folder(unit)]
    merged = dg.Definitions.merge(*parts)
    schedules = [build_schedule(card.schedule, graph, unit.environment)] if card.schedule else []
    extra = dg.Definitions(assets=_outside(graph, merged), jobs=[build_job(unit.version())], schedules=schedules)
    return dg.Definitions.merge(merged, extra)


def _schema(unit: Unit) -> list[dg.Definitions]:
    """The unit's `schema/` folder as an asset, if it has one."""
    if unit.schema_key is None:
        return []
    from data_platform.schema.assets import schema_definitions
    from data_platform.schema.target import changelog_target

    return [
        schema_definitions(
            lambda: changelog_target(unit),
            key=dg.AssetKey(unit.schema_key),
            description="The unit's own schema changes, in Liquibase's format, deployed before its models are built.",
            owners=unit.card.owners,
            kind=unit.environment.warehouse,
            pool=unit.pool,
        )
    ]


def _from_defs_folder(unit: Unit) -> list[dg.Definitions]:
    folder = unit.folder / "defs"
    if not folder.is_dir():
        return []
    module = importlib.import_module(f"{unit.folder.parent.name}.{unit.card.name}.defs")
    return [dg.ComponentTree.from_module(module, project_root=unit.folder).build_defs()]


def _outside(graph: DbtGraph, merged: dg.Definitions) -> Sequence[dg.AssetSpec]:
    """External assets for the sources that neither this unit nor another one makes."""
    made = {spec.key.to_user_string() for spec in merged.resolve_all_asset_specs()}
    return [source_spec(source) for source in graph.sources if source.unit is None and source.key not in made]
