"""A prepared dbt project as Dagster asset and check specs."""

import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from data_platform.dbt.graph import Batches, Check, Column, DbtGraph, Model, Source

Lineage = Mapping[str, Sequence[Sequence[str]]]
NO_LINEAGE: Lineage = {}
MOST_ORIGINS = 5


def asset_key(key: str) -> dg.AssetKey:
    """`unit/layer/name` as an asset key."""
    return dg.AssetKey(key.split("/"))


def partitions_of(batches: Batches | None) -> dg.TimeWindowPartitionsDefinition | None:
    """The partitions of a microbatch model; a year is partitioned by its first day."""
    if batches is None:
        return None
    begin, end = batches.begin, batches.end
    if batches.size == "hour":
        return dg.HourlyPartitionsDefinition(begin.replace("T", "-"), end_date=end.replace("T", "-") if end else None)
    if batches.size == "day":
        return dg.DailyPartitionsDefinition(begin, end_date=end)
    if batches.size == "month":
        return dg.MonthlyPartitionsDefinition(begin, end_date=end)
    return dg.TimeWindowPartitionsDefinition(begin, fmt="%Y-%m-%d", end=end, cron_schedule="0 0 1 1 *")


def asset_specs(
    graph: DbtGraph,
    *,
    project_folder: Path,
    owners: Sequence[str],
    warehouse: str,
    freshness: dg.FreshnessPolicy | None = None,
    schema_key: Sequence[str] | None = None,
) -> list[dg.AssetSpec]:
    """One spec for each model, seed and snapshot.

    Args:
        graph: the prepared project.
        project_folder: where its files lie, for code references.
        owners: the unit's; a model whose dbt group has an owner's e-mail shows that too.
        warehouse: `duckdb` or `snowflake`, shown as a kind.
        freshness: policy of every asset.
        schema_key: an asset upstream of the models that read no other model.
    """
    own = {model.key for model in graph.models}
    first = [] if schema_key is None else [dg.AssetKey(schema_key)]
    return [
        dg.AssetSpec(
            key=asset_key(model.key),
            deps=[*map(asset_key, model.upstream), *([] if own.intersection(model.upstream) else first)],
            description=model.description or None,
            group_name=model.layer,
            owners=list(dict.fromkeys([*owners, *model.owners])),
            kinds={"dbt", warehouse, model.materialized or model.resource_type},
            tags={f"dbt/{tag}": "" for tag in model.tags if _is_tag(tag)},
            code_version=model.code_version,
            freshness_policy=freshness,
            partitions_def=partitions_of(model.batches),
            metadata={
                **column_schema(model.columns, model.lineage),
                "dagster/relation_identifier": ".".join(model.relation),
                "dagster/code_references": _code_reference(project_folder, model.path),
                "dbt/unique_id": model.unique_id,
                **({"dbt/access": "public"} if model.public else {}),
            },
        )
        for model in graph.models
    ]


def check_specs(graph: DbtGraph) -> list[dg.AssetCheckSpec]:
    """One spec for each dbt test; a test of severity `error` blocks what is downstream."""
    return [
        dg.AssetCheckSpec(
            name=check.name,
            asset=asset_key(check.key),
            description=_check_description(check),
            blocking=check.severity == "error",
            additional_deps=[asset_key(key) for key in check.also],
        )
        for check in graph.checks
    ]


def source_spec(source: Source) -> dg.AssetSpec:
    """A source that nobody in the platform makes, as an external asset."""
    return dg.AssetSpec(
        key=asset_key(source.key),
        description=source.description or None,
        group_name="sources",
        kinds={"source"},
        metadata=column_schema(source.columns),
    )


def column_schema(columns: Sequence[Column], lineage: Lineage = NO_LINEAGE) -> dict[str, Any]:
    """The column schema as Dagster metadata; nothing where no column is known.

    Args:
        columns: the columns.
        lineage: where they come from. The open-source UI shows column lineage nowhere else than here, as links
            below each column's description.
    """
    if not columns:
        return {}
    origins = {name.lower(): _origin(parents) for name, parents in lineage.items()}
    schema = dg.TableSchema(
        [
            dg.TableColumn(
                name=column.name,
                type=column.type or "unknown",
                description="\n\n".join(filter(None, (column.description, origins.get(column.name.lower())))) or None,
            )
            for column in columns
        ]
    )
    return {"dagster/column_schema": schema}


def _origin(parents: Sequence[Sequence[str]]) -> str:
    """The columns that a column is made of, in Markdown."""
    shown = [f"[{key}](/assets/{key}) `{name}`" for key, name in parents[:MOST_ORIGINS]]
    more = len(parents) - len(shown)
    return f"From {', '.join(shown)}{f' and {more} more' if more else ''}" if shown else ""


def column_lineage(model: Model, columns: Sequence[Column] = ()) -> dict[str, Any]:
    """The column lineage as Dagster metadata; column names as `columns` writes them, whatever their case."""
    if not model.lineage:
        return {}
    shown = {column.name.lower(): column.name for column in columns}
    deps: Mapping[str, list[dg.TableColumnDep]] = {
        shown.get(column.lower(), column): [
            dg.TableColumnDep(asset_key=asset_key(key), column_name=name) for key, name in parents
        ]
        for column, parents in model.lineage.items()
    }
    return {"dagster/column_lineage": dg.TableColumnLineage(deps_by_column=deps)}


def _code_reference(project_folder: Path, path: str) -> dg.CodeReferencesMetadataValue:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)  # code references: beta since 1.7, pinned with Dagster
        file = dg.LocalFileCodeReference(file_path=str(project_folder / path), line_number=1, label=path)
        return dg.CodeReferencesMetadataValue(code_references=[file])


def _check_description(check: Check) -> str:
    return f"{check.description}\n\n{check.path}" if check.description else check.path


def _is_tag(tag: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9_.\-]{1,63}", tag) is not None
