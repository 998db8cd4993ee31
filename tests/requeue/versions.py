"""Two versions of a unit: `old`, and `new`, in which something of everything has changed."""

import os

import dagster as dg

NEW = os.environ["UNIT_VERSION"] == "new"
letters = dg.StaticPartitionsDefinition(["a", "b"])


@dg.op(config_schema={"word": str} if NEW else dg.Noneable(dict))
def say() -> None:
    pass


@dg.op
def stay() -> None:
    pass


@dg.op
def old_step() -> None:
    pass


@dg.op
def new_step() -> None:
    pass


@dg.job(tags={"data_platform/version": "2" if NEW else "1"})
def staying() -> None:
    stay()


@dg.job(tags={"data_platform/version": "2" if NEW else "1", **({} if NEW else {"of": "the old job"})})
def changing() -> None:
    stay()
    (new_step if NEW else old_step)()


@dg.job
def leaving() -> None:
    old_step()


@dg.job
def configured() -> None:
    say()


@dg.job(partitions_def=letters)
def by_letter() -> None:
    stay()
    (new_step if NEW else old_step)()


@dg.asset
def kept() -> None:
    pass


@dg.asset
def gone() -> None:
    pass


@dg.asset
def added() -> None:
    pass


@dg.asset_check(asset=kept)
def kept_check() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset_check(asset=kept)
def gone_check() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset(partitions_def=dg.StaticPartitionsDefinition(["b"]) if NEW else letters, pool="new" if NEW else "old")
def lettered() -> None:
    pass


assets = [kept, added, lettered] if NEW else [kept, gone, lettered]
defs = dg.Definitions(
    assets=assets,
    asset_checks=[kept_check] if NEW else [kept_check, gone_check],
    jobs=[
        *(staying, changing, configured, by_letter),
        *([] if NEW else [leaving]),
        dg.define_asset_job("everything", dg.AssetSelection.assets(*assets[:2])),
    ],
)
