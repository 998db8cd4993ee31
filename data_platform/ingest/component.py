"""The component that ingests a file: `defs/<name>/defs.yaml` of type `data_platform.components.FileIngestion`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import dagster as dg
from pydantic import Field

from data_platform.ingest.sources import IngestError
from data_platform.warehouse.protocol import Column

if TYPE_CHECKING:
    from data_platform.units import Unit

LAYER = "raw"


class ColumnModel(dg.Model):
    """A column of the raw table."""

    name: Annotated[str, Field(description="Name in the file's header and in the table.")]
    type: Annotated[str, Field(description="SQL type: VARCHAR, INTEGER, BIGINT, DOUBLE, BOOLEAN, DATE, TIMESTAMP…")]
    nullable: Annotated[bool, Field(description="Whether a value may be missing.")] = True
    description: Annotated[str, Field(description="What the column holds, for the catalog.")] = ""


class FileIngestion(dg.Component, dg.Model, dg.Resolvable):
    """Lands a CSV file in object storage, byte for byte, and loads it into a raw table of the unit.

    A missing column or a wrong value fails the load, names row and column, and leaves the earlier table.
    """

    table: Annotated[str, Field(description="Name of the raw table.")]
    source: Annotated[
        str,
        Field(
            description="Where the file is: `package:<name>/<path>`, a path, or a URL that fsspec knows; CSV, or a zip "
            "file that holds one."
        ),
    ]
    columns: Annotated[
        list[ColumnModel] | None,
        Field(description="The table's columns, in order. Default: those of the dbt source `raw.<table>`."),
    ] = None
    required: Annotated[
        list[str],
        Field(default_factory=list, description="Columns taken from the dbt source in which no value may be missing."),
    ]
    description: Annotated[
        str, Field(description="What the table holds, for the catalog. Default: the dbt source's description.")
    ] = ""
    nulls: Annotated[
        list[str], Field(default_factory=lambda: [""], description="Texts that stand for a missing value.")
    ]

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """One asset `<unit>/raw/<table>`."""
        from data_platform.units import read_unit

        unit = read_unit(Path(context.project_root))
        return dg.Definitions(assets=[_raw_asset(_declared(self, unit, context), unit)])


@dataclass(frozen=True)
class _Declared:
    """What is declared of a raw table, here or as a dbt source."""

    table: str
    source: str
    description: str
    columns: list[Column]
    nulls: list[str]


def _declared(settings: FileIngestion, unit: "Unit", context: dg.ComponentLoadContext) -> _Declared:
    from data_platform.dbt import prepared

    columns, description = [], settings.description
    if settings.columns:
        columns = [Column(c.name, c.type, c.nullable, c.description) for c in settings.columns]
    else:
        key = f"{unit.card.name}/{LAYER}/{settings.table}"
        source = next((source for source in prepared(unit.project).sources if source.key == key), None)
        if source is None or not source.columns:
            raise IngestError(
                f"table {settings.table!r} declares no columns, and there is no dbt source {LAYER}.{settings.table}",
                where=Path(str(context.path)).relative_to(unit.root) / "defs.yaml",
                fix="list `columns` here, or declare the source with its columns in the dbt project",
                anchor="declared-columns",
            )
        columns = [Column(c.name, c.type, c.name not in settings.required, c.description) for c in source.columns]
        description = description or source.description
    return _Declared(settings.table, settings.source, description, columns, settings.nulls)


def _raw_asset(settings: _Declared, unit: "Unit") -> dg.AssetsDefinition:
    from data_platform.units.freshness import freshness_policy

    schema = dg.TableSchema(
        [
            dg.TableColumn(
                column.name,
                column.type,
                column.description or None,
                constraints=dg.TableColumnConstraints(nullable=column.nullable),
            )
            for column in settings.columns
        ]
    )

    @dg.asset(
        key=[unit.card.name, LAYER, settings.table],
        deps=[dg.AssetKey(unit.schema_key)] if unit.schema_key else [],
        description=settings.description or None,
        group_name=LAYER,
        owners=unit.card.owners,
        kinds={"csv", unit.environment.warehouse},
        pool=unit.pool,
        freshness_policy=freshness_policy(unit.card.freshness),
        metadata={
            "dagster/column_schema": schema,
            "dagster/relation_identifier": f"{LAYER}.{settings.table}",
            "source": settings.source,
        },
    )
    def _asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        return _ingest(settings, unit, context)

    return _asset


def _ingest(settings: _Declared, unit: "Unit", context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    from data_platform.ingest import land, load
    from data_platform.warehouse import ObjectStorage, Table
    from data_platform.warehouse.opening import open_warehouse

    storage = ObjectStorage(unit.environment.storage)
    landed = land(settings.source, storage, unit.card.name, settings.table)
    with open_warehouse(unit.environment, unit.card.name) as warehouse:
        loaded = load(
            landed,
            settings.columns,
            warehouse,
            Table(LAYER, settings.table),
            description=settings.description,
            null_markers=settings.nulls,
        )
    if loaded.extra_columns:
        context.log.warning(f"columns that are not declared were left out: {', '.join(loaded.extra_columns)}")
    return dg.MaterializeResult(
        data_version=dg.DataVersion(landed.sha256[:16]),
        metadata={
            "dagster/row_count": loaded.rows,
            "landed": dg.MetadataValue.path(landed.url),
            "bytes": landed.size,
            "sha256": landed.sha256,
            "new_file": landed.new,
        },
    )
