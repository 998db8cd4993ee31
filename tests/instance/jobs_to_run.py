"""Jobs that the tests of run workers and of the launcher execute in other processes."""

import os
import signal
import time

import dagster as dg


@dg.op
def greet() -> None:
    print("hello from a run")


@dg.op
def wait(context: dg.OpExecutionContext) -> None:
    context.log.info("waiting")
    time.sleep((context.run.tags.get("seconds") and float(context.run.tags["seconds"])) or 60)


@dg.op
def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dg.job(executor_def=dg.in_process_executor)
def greeting() -> None:
    greet()


@dg.job(executor_def=dg.in_process_executor)
def waiting() -> None:
    wait()


@dg.job(executor_def=dg.in_process_executor)
def dying() -> None:
    die()


defs = dg.Definitions(jobs=[greeting, waiting, dying])
