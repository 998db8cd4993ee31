"""The generic code location: what belongs to the platform and to no unit."""

from typing import Any

import dagster as dg

from data_platform.deployments.assets import GROUP, deployment_definitions
from data_platform.deployments.sensor import deployments_watch


@dg.asset(
    key=[GROUP, "units"],
    group_name=GROUP,
    kinds={"yaml"},
    owners=["team:platform"],
    description="The business units of this platform as their cards describe them: who owns what, and where.",
)
def _units() -> dg.MaterializeResult[None]:
    from data_platform.environment import current_environment
    from data_platform.units.card import read_cards

    cards = read_cards(current_environment().code_locations)
    rows: list[dict[str, Any]] = [
        {"unit": card.name, "title": card.title, "owners": ", ".join(card.owners), "dbt project": card.dbt_project}
        for card in cards
    ]
    records = [dg.TableRecord(row) for row in rows]
    return dg.MaterializeResult(metadata={"units": dg.MetadataValue.table(records), "dagster/row_count": len(rows)})


@dg.asset_check(asset=[GROUP, "units"], description="The workspace lists exactly the units that have a card.")
def _workspace_is_current() -> dg.AssetCheckResult:
    from data_platform.environment import current_environment
    from data_platform.units.workspace import location_modules, workspace_of_modules

    environment = current_environment()
    wanted = workspace_of_modules(location_modules(environment))
    path = environment.dagster_home / "workspace.yaml"
    current = path.exists() and path.read_text(encoding="utf-8") == wanted
    return dg.AssetCheckResult(passed=current, description=None if current else "run `dp unit sync` and commit it")


@dg.definitions
def defs() -> dg.Definitions:
    """The platform's own definitions."""
    from data_platform.environment import current_environment
    from data_platform.units.unit import sound_units

    deployments = deployment_definitions([unit.card for unit in sound_units(current_environment())])
    job = dg.define_asset_job(
        "build", selection=dg.AssetSelection.all(), description="Builds the platform's own assets."
    )
    own = dg.Definitions(
        assets=[_units],
        asset_checks=[_workspace_is_current],
        jobs=[job],
        sensors=[deployments_watch],
        executor=dg.in_process_executor,
    )
    return dg.Definitions.merge(own, deployments)
