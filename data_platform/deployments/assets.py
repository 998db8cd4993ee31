"""The room's face in Dagster: an external asset for each unit's deployments, with a check for each gate."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from data_platform.deployments.report import MEANINGS, Gate, GateResult, Report, reports_of

# a code server does not read the ledger: what does is imported by the run
if TYPE_CHECKING:
    from data_platform.deployments.deployment import Deployment
    from data_platform.units.card import UnitCard

GROUP = "platform"


def deployments_key(unit: str) -> dg.AssetKey:
    """The asset whose materializations are the deployments of a unit."""
    return dg.AssetKey([GROUP, "deployments", unit])


def deployment_definitions(cards: "Sequence[UnitCard]") -> dg.Definitions:
    """An external asset for each unit, and its checks, which the deployer reports; run by hand they read the ledger."""
    specs = [
        dg.AssetSpec(
            deployments_key(card.name),
            description=(
                f"Deployments of {card.title}: each that served a new version is a materialization, each other one an"
                f" observation. `dp deploy {card.name}` makes one, `dp deploy history` lists all."
            ),
            group_name=GROUP,
            owners=card.owners,
        )
        for card in cards
    ]
    if not specs:
        return dg.Definitions()
    names = {deployments_key(card.name): card.name for card in cards}

    @dg.multi_asset_check(
        name="deployment_gates",
        specs=[
            dg.AssetCheckSpec(str(gate), asset=key, description=meaning)
            for key in names
            for gate, meaning in MEANINGS.items()
        ],
        can_subset=True,
    )
    def _gates(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        found = _latest()
        for check in context.selected_asset_check_keys:
            report = found.get(names[check.asset_key])
            results = {str(each.gate): each for each in report.gates} if report else {}
            yield _result(check, results.get(check.name))

    return dg.Definitions(assets=specs, asset_checks=[_gates])


def report(instance: dg.DagsterInstance, deployment: "Deployment") -> None:
    """Tell Dagster of a deployment that has ended or was abandoned."""
    for each in reports_of(deployment):
        key = deployments_key(each.unit)
        words: dict[str, Any] = {"metadata": _metadata(each), "description": each.gates[-1].said}
        if each.serves:
            tags = {"dagster/data_version": each.version} if each.version else {}
            instance.report_runless_asset_event(dg.AssetMaterialization(key, tags=tags, **words))
        else:
            instance.report_runless_asset_event(dg.AssetObservation(key, **words))
        for found in each.gates:
            instance.report_runless_asset_event(_evaluation(key, found))


def report_to_dagster(deployment: "Deployment") -> None:
    """Tell the instance that DAGSTER_HOME names."""
    with dg.DagsterInstance.get() as instance:
        report(instance, deployment)


def _evaluation(key: dg.AssetKey, found: GateResult) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        asset_key=key, check_name=str(found.gate), passed=found.passed, description=found.said
    )


def _result(check: dg.AssetCheckKey, found: GateResult | None) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=check.asset_key,
        check_name=check.name,
        passed=found is None or found.passed,
        description=found.said if found else "the last deployment did not come to it",
    )


def _metadata(each: Report) -> dict[str, Any]:
    shown: dict[str, Any] = dict(each.facts)
    link = str(shown.get("link", ""))
    if link.startswith(("https://", "http://")):
        shown["link"] = dg.MetadataValue.url(link)
    records = [dg.TableRecord({"phase": str(it.phase), "seconds": round(it.seconds, 2)}) for it in each.phases]
    columns = [dg.TableColumn("phase"), dg.TableColumn("seconds", "float")]
    shown["phases"] = dg.MetadataValue.table(records, schema=dg.TableSchema(columns))
    return shown


def _latest() -> dict[str, Report]:
    """What the last deployment of each unit says."""
    from data_platform.deployments.ledger import Ledger
    from data_platform.gate import holds_of_platform

    found: dict[str, Report] = {}
    for deployment in Ledger(holds_of_platform().database).history(200):
        if deployment.outcome or deployment.state == "abandoned":
            for each in reports_of(deployment):
                found.setdefault(each.unit, each)
    return found


__all__ = ["GROUP", "Gate", "deployment_definitions", "deployments_key", "report", "report_to_dagster"]
