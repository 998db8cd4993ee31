"""The component that deploys a changelog: a `defs.yaml` of type `data_platform.components.SchemaChangelog`."""

from pathlib import Path
from typing import Annotated

import dagster as dg
from pydantic import Field

from data_platform.schema.assets import schema_definitions
from data_platform.schema.target import SCHEMA_FOLDER, Target, changelog_target


class SchemaChangelog(dg.Component, dg.Model, dg.Resolvable):
    """Deploys a changelog in Liquibase's format as an asset, with checks for changesets that wait and for drift.

    A unit's `schema/` folder is deployed without this component; it is for further changelogs, and other databases.
    """

    name: Annotated[str, Field(description="The asset is `<unit>/<name>`.")] = SCHEMA_FOLDER
    changelog: Annotated[str, Field(description="File or folder, from the unit's folder.")] = SCHEMA_FOLDER
    database: Annotated[
        str | None,
        Field(
            description="URL, perhaps with `{{ env.NAME }}` for what is secret. Default: the unit's warehouse.",
        ),
    ] = None
    contexts: Annotated[list[str] | None, Field(description="Contexts to run. Default: the environment's name.")] = None
    labels: Annotated[str | None, Field(description="Label expression.")] = None
    description: Annotated[str, Field(description="What it builds, for the catalog.")] = ""

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """One asset `<unit>/<name>` and its two checks."""
        from data_platform.units import read_unit

        unit = read_unit(Path(context.project_root))

        def target() -> Target:
            return changelog_target(
                unit,
                changelog=self.changelog,
                database=self.database,
                contexts=None if self.contexts is None else tuple(self.contexts),
                labels=self.labels,
            )

        return schema_definitions(
            target,
            key=dg.AssetKey([unit.card.name, self.name]),
            description=self.description or f"Schema changes of {self.changelog}, in Liquibase's format.",
            owners=unit.card.owners,
            kind=self.database.partition("://")[0] if self.database else unit.environment.warehouse,
            pool=None if self.database else unit.pool,
        )
