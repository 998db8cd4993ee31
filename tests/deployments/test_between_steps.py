"""Deployments between two steps of a run in flight, to a running platform. The tests build on each other."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deployments.speaking import Platform
from tests.end_to_end.live import kill, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CODE = """
import os, time
import dagster as dg

WORD = "old"


def say(context):
    until = context.op_config["until"]
    while until and not os.path.exists(until):
        time.sleep(0.1)
    from code_locations.fleet.later import WORD as LATER
    with open(context.op_config["say"], "a") as file:
        file.write(f"{context.run_id}/{context.op.name} {WORD}-{LATER}\\n")
    return 1


SCHEMA = {"say": str, "until": dg.Field(str, default_value="")}


@dg.op(config_schema=SCHEMA, pool="duckdb_fleet")
def one(context: dg.OpExecutionContext) -> int:
    return say(context)


@dg.op(config_schema=SCHEMA, pool="duckdb_fleet")
def two(context: dg.OpExecutionContext, before: int) -> int:
    return say(context)


@dg.op(config_schema=SCHEMA)
def free(context: dg.OpExecutionContext, before: int) -> int:
    return say(context)


@dg.job
def stepping() -> None:
    two(one())


@dg.job
def mixed() -> None:
    free(one())


@dg.job(executor_def=dg.multiprocess_executor)
def processes() -> None:
    two(one())


@dg.op(pool="duckdb_fleet")
def breathe_in_pool() -> None:
    if WORD == "bad":
        raise dg.Failure("it smokes")


@dg.job
def smoking_in_pool() -> None:
    breathe_in_pool()
"""
SMOKE = ("--smoke", "fleet:smoking_in_pool")


class Stepping:
    """Jobs in fleet whose steps say which version they are of."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self.platform, self.live, self.folder = platform, platform.live, folder
        self.unit = self.live.root / "code_locations/fleet"

    def write(self, word: str) -> None:
        (self.unit / "defs/stepping.py").write_text(CODE.replace('WORD = "old"', f"WORD = {word!r}"))
        (self.unit / "later.py").write_text(f"WORD = {word!r}\n")

    def begin(self, job: str, *steps: str) -> str:
        """Start a run each of whose steps waits for a file of its name; returns when the first is being executed."""
        (self.folder / "said").touch()
        said = {"say": str(self.folder / "said")}
        ops = {step: {"config": said | {"until": str(self.folder / step)}} for step in steps}
        run = self.live.submit("fleet", job, {"ops": ops})
        until(lambda: "ExecutionStepStartEvent" in self.events(run))
        return run

    def deploy(self, run: str) -> "subprocess.Popen[str]":
        """Begin a deployment between steps; returns when the run has been asked to stop."""
        deploying = self.live.begin("deploy", "fleet", "--between-steps", *SMOKE)
        assert deploying.stderr
        expected, said = f"run {run[:8]} is to stop before its next step\n", []
        for line in deploying.stderr:
            said.append(line)
            if line == expected:
                return deploying
        raise AssertionError("".join(said))

    def let(self, *steps: str) -> None:
        for step in steps:
            (self.folder / step).touch()

    def events(self, run: str) -> list[str]:
        return [str(event["__typename"]) for event in self.live.run(run)["events"]]

    def said(self, run: str) -> dict[str, str]:
        lines = [line.split() for line in (self.folder / "said").read_text().splitlines()]
        return {step.partition("/")[2]: word for step, word in lines if step.startswith(run)}

    def slots(self) -> dict[str, Any]:
        query = 'query { instance { concurrencyLimit(concurrencyKey: "duckdb_fleet") { slotCount limit } } }'
        return dict(self.live.ask(query)["instance"]["concurrencyLimit"])


@pytest.fixture
def stepping(platform: Platform, tmp_path: Path) -> Iterator[Stepping]:
    """The version that says `old` is served."""
    stepping = Stepping(platform, tmp_path)
    stepping.write("old")
    platform.live.dp("deploy", "fleet")
    yield stepping
    assert not platform.holds()


def test_a_run_stands_still_between_its_steps_while_a_deployment_applies_and_goes_on_with_its_old_code(
    stepping: Stepping,
) -> None:
    platform, live = stepping.platform, stepping.live
    run = stepping.begin("stepping", "one", "two")
    stepping.write("new")
    forecast = json.loads(live.dp("deploy", "fleet", "--between-steps", "--forecast", "--json"))
    assert [(each["run_id"], each["between_steps"]) for each in forecast["in_flight"]] == [(run, True)]
    assert forecast["drain_seconds"] == 0
    assert "held between two steps: 1" in live.dp("deploy", "fleet", "--between-steps", "--forecast")

    deploying = stepping.deploy(run)
    assert platform.latest()["phase"] == "draining", "the step that is being executed is waited for"
    stepping.let("one")
    _, said = deploying.communicate(timeout=120)
    assert deploying.returncode == 0, said
    assert f"run {run[:8]} is held between two steps" in said
    assert platform.latest()["state"] == "succeeded"
    assert platform.status_of(run) == "STARTED"
    assert stepping.said(run) == {"one": "old-old"}
    messages = [event["message"] for event in live.run(run)["events"] if event.get("message")]
    assert any("This run waits between two steps" in message for message in messages)
    assert stepping.slots() == {"slotCount": 1, "limit": 1}

    stepping.let("two")
    assert live.ended(run)["status"] == "SUCCESS"
    assert stepping.said(run) == {"one": "old-old", "two": "old-old"}, "also what it imports late"
    later = stepping.begin("stepping", "one", "two")
    assert live.ended(later)["status"] == "SUCCESS"
    assert stepping.said(later) == {"one": "new-new", "two": "new-new"}


@pytest.mark.parametrize(
    ("job", "step", "reason"),
    [
        ("mixed", "free", "its step free is in no pool"),
        ("processes", "two", "its steps are not executed in one process (executor multiprocess)"),
    ],
)
def test_a_run_that_cannot_be_held_between_its_steps_is_waited_for_to_its_end(
    stepping: Stepping, job: str, step: str, reason: str
) -> None:
    run = stepping.begin(job, "one", step)
    stepping.write("new")
    deploying = stepping.platform.begin("fleet", "--between-steps")
    stepping.let("one")
    until(lambda: stepping.events(run).count("ExecutionStepStartEvent") == 2)
    assert stepping.platform.latest()["phase"] == "draining"
    stepping.let(step)
    _, said = deploying.communicate(timeout=120)
    assert deploying.returncode == 0, said
    assert f"run {run[:8]} is waited for: {reason}" in said
    assert stepping.live.ended(run)["status"] == "SUCCESS"
    assert set(stepping.said(run).values()) == {"old-old"}


@pytest.mark.parametrize("way", ["resume", "rollback"])
def test_after_a_killed_deployer_the_run_stands_still_until_somebody_settles_it(stepping: Stepping, way: str) -> None:
    platform, live = stepping.platform, stepping.live
    run = stepping.begin("stepping", "one", "two")
    stepping.write(way)
    deploying = stepping.deploy(run)
    stepping.let("one", "two")
    platform.reads(deploying, "verifying")
    kill(deploying.pid)
    deploying.communicate()
    assert (platform.status_of(run), stepping.said(run)) == ("STARTED", {"one": "old-old"})
    live.dp("deploy", way, str(platform.latest()["deployment"]))
    assert live.ended(run)["status"] == "SUCCESS"
    assert stepping.said(run) == {"one": "old-old", "two": "old-old"}
    assert stepping.slots() == {"slotCount": 1, "limit": 1}
    later = stepping.begin("stepping", "one", "two")
    assert live.ended(later)["status"] == "SUCCESS"
    assert stepping.said(later)["one"] == ("resume-resume" if way == "resume" else "old-old")


def test_a_deployment_that_fails_lets_the_run_go_on(stepping: Stepping) -> None:
    run = stepping.begin("stepping", "one", "two")
    stepping.write("bad")
    deploying = stepping.deploy(run)
    stepping.let("one", "two")
    _, said = deploying.communicate(timeout=120)
    assert deploying.returncode == 1
    assert "it smokes" in said
    assert stepping.platform.latest()["state"] == "failed_and_rolled_back"
    assert stepping.live.ended(run)["status"] == "SUCCESS"
    assert set(stepping.said(run).values()) == {"old-old"}
