"""What a soak deploys: jobs, a schedule and a partitioned asset whose steps say which version they are of."""

STEPS = ("first", "second", "third")
PARTITIONS = ("a", "b", "c", "d")
CODE = """
import os, random, time
from pathlib import Path
import dagster as dg

WORD = "<word>"
UNIT = Path(__file__).parents[1].name
LOADED = Path(__file__).resolve().parents[3].name


def say(context, step: str) -> None:
    served = os.path.basename(os.readlink(f"{os.environ['DATA_PLATFORM_STATE']}/versions/{UNIT}/current"))
    context.instance.add_run_tags(context.run_id, {f"soak/{step}": f"{LOADED} {served} {WORD}"})
    time.sleep(random.random() * 0.8)


@dg.op(out=dg.Out(dg.Nothing))
def first(context: dg.OpExecutionContext):
    say(context, "first")


@dg.op(ins={"before": dg.In(dg.Nothing)}, out=dg.Out(dg.Nothing))
def second(context: dg.OpExecutionContext):
    say(context, "second")


@dg.op(ins={"before": dg.In(dg.Nothing)})
def third(context: dg.OpExecutionContext):
    say(context, "third")


@dg.graph
def soak():
    third(second(first()))


@dg.op
def sniff() -> None:
    if WORD.startswith("bad"):
        raise dg.Failure("it smokes")


@dg.job(executor_def=dg.in_process_executor)
def breathing() -> None:
    sniff()


soaking = soak.to_job(name="soaking", executor_def=dg.in_process_executor)
# every step in a process of its own, which loads the code anew
stepping = soak.to_job(name="stepping", executor_def=dg.multiprocess_executor)


if UNIT != "operations":  # whose models have other partitions, in the same job `build`

    @dg.asset(key=[UNIT, "soaked"], partitions_def=dg.StaticPartitionsDefinition(list("abcd")))
    def soaked(context: dg.AssetExecutionContext) -> None:
        for step in ("first", "second", "third"):
            say(context, step)


soaking_schedule = dg.ScheduleDefinition(name="soaking_schedule", job=soaking, cron_schedule="* * * * *")
"""


def code(word: str) -> str:
    """The module at a version."""
    return CODE.replace("<word>", word)
