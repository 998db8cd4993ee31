"""A unit that has an asset, too, with partitions and a check."""

import dagster as dg

from tests.gate import jobs_of_units


@dg.asset(partitions_def=dg.StaticPartitionsDefinition(["a", "b", "c"]))
def by_letter() -> None:
    pass


@dg.asset_check(asset=by_letter)
def is_sound() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


defs = dg.Definitions.merge(
    jobs_of_units.defs,
    dg.Definitions(
        assets=[by_letter],
        asset_checks=[is_sound],
        executor=dg.in_process_executor,
        jobs=[dg.define_asset_job("checking", selection=dg.AssetSelection.checks(is_sound))],
    ),
)
