"""A stream of runs, and deployments pushed into it at random moments, each with what may become of it."""

import json
import random
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from data_platform.instance.embedded import EmbeddedPostgres
from tests.deployments.soak_rows import Promised, Rows, read_rows
from tests.deployments.soaking import PARTITIONS, code
from tests.end_to_end.live import UNITS, Live, until

_AT_ONCE = 3  # deployers
_BACKLOG = 8  # runs; a slow machine must not be kept busy for hours
_OUTCOMES = {
    "good": ("succeeded", "superseded"),
    "smoked": ("succeeded", "superseded"),
    "broken": ("failed",),
    "bad": ("failed_and_rolled_back", "superseded"),
    "ended": ("succeeded", "superseded", "failed", "failed_and_rolled_back"),
}
_KINDS = tuple(_OUTCOMES)
_PHASES = ("waiting", "draining", "schema", "code", "verifying", "releasing")  # in which one is ended


@dataclass
class Soak:
    """One soak of a platform.

    Attributes:
        seed: of everything that is random here; the machine's speed is not.
        submitted, outcomes: what was promised, see `Promised`.
        problems: what those who submitted and deployed were told and should not have been.
        log: what was pushed, in words.
    """

    live: Live
    seed: int
    submitted: list[str] = field(default_factory=list)
    outcomes: dict[int, Sequence[str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.began = time.time()
        self._checkout, self._over, self._words = threading.Lock(), threading.Event(), 0

    def run(self, seconds: float) -> tuple[Rows, Promised]:
        """Push for so long, wait until everything has ended, and read what became of it."""
        for unit in UNITS:
            self._write(unit, self._word("first"))
        self.live.dp("deploy", "--all", "--reason", "before the soak")
        first = 1 + int(json.loads(self.live.dp("deploy", "history", "--limit", "1", "--json"))[0]["deployment"])
        self.began = time.time()
        kinds = list(_KINDS)
        chance = self._chance(0)
        chance.shuffle(kinds)
        with self._schedules():
            backfill = self._backfill(chance.choice(("fleet", "meteorology")))
            pushers = [
                self._thread(lambda n=number: self._push(self._chance(n), kinds)) for number in range(2, 2 + _AT_ONCE)
            ]
            submitter = self._thread(lambda: self._submit(self._chance(1)))
            time.sleep(seconds)
            until(lambda: not kinds or self.problems)
            until(lambda: self._count("dagster/schedule_name") or self.problems)
            until(lambda: self._count("dagster/backfill", backfill) == len(PARTITIONS) or self.problems)
            self._over.set()
            for thread in (*pushers, submitter):
                thread.join(300)
                assert not thread.is_alive()
        until(lambda: not self._open(), 300)
        units = json.loads(self.live.dp("deploy", "status", "--json"))["units"]
        served = {row["unit"]: row["served"] for row in units}
        rows = read_rows(EmbeddedPostgres(self.live.state).url, self.began, first)
        return rows, Promised(self.submitted, self.outcomes, served)

    def _chance(self, number: int) -> random.Random:
        return random.Random(self.seed + number)  # noqa: S311 (no secret)

    def _thread(self, work: Callable[[], None]) -> threading.Thread:
        def guarded() -> None:
            try:
                work()
            except BaseException as error:  # the test tells
                self.problems.append(f"{type(error).__name__}: {error}")

        thread = threading.Thread(target=guarded, daemon=True)
        thread.start()
        return thread

    def _submit(self, chance: random.Random) -> None:
        while not self._over.wait(chance.random() * 2):
            if len(self._open()) > _BACKLOG:
                continue
            unit = chance.choice(UNITS)
            job = "stepping" if chance.random() < 0.07 else "soaking"
            answer = self.live.ask(_LAUNCH, params={"selector": _in(unit, jobName=job)})["launchRun"]
            if "run" in answer:
                self.submitted.append(answer["run"]["runId"])
            else:
                self.problems.append(f"a run of {unit} was refused: {answer}")

    def _push(self, chance: random.Random, kinds: list[str]) -> None:
        while not self._over.wait(chance.random() * 5):
            kind = kinds.pop() if kinds else chance.choices(_KINDS, weights=(4, 3, 2, 2, 3))[0]
            units = chance.sample(UNITS, k=chance.choice((1, 1, 2, 3)))
            scope = ["--all"] if len(units) == len(UNITS) else units
            options = ["--smoke", f"{units[0]}:breathing"] if kind in ("smoked", "bad", "ended") else []
            deploying, number = self._begin(kind, units, [*scope, *options])
            self.log.append(f"{time.time() - self.began:.0f} s: deployment {number}, {kind}, {' '.join(scope)}")
            self.outcomes[number] = _OUTCOMES[kind]
            if kind == "ended":
                _end(deploying, chance.choice(_PHASES), chance.random() * 2)
            said, told = deploying.communicate(timeout=600)
            last = (told.splitlines() or [said])[-1]
            self.log.append(f"{time.time() - self.began:.0f} s: deployment {number} has ended: {last}")
            if "Traceback" in told:
                self.problems.append(told)

    def _begin(self, kind: str, units: Sequence[str], arguments: Sequence[str]) -> "tuple[subprocess.Popen[str], int]":
        """Start a deployment; returns when the files that it deploys are kept, so that others may write theirs."""
        with self._checkout:
            for unit in units:
                self._write(unit, self._word("bad" if kind == "bad" and unit == units[0] else "good"))
            if kind == "broken":
                self._write(units[-1], "broken", "import nothing_of_this_name\n")
            deploying = self.live.begin("deploy", *arguments, "--reason", f"soak: {kind}")
            assert deploying.stderr
            line = deploying.stderr.readline()
            if kind in ("bad", "broken"):
                for unit in units:
                    self._write(unit, self._word("good"))
        found = re.match(r"deployment (\d+): validating", line)
        assert found, line + deploying.communicate()[1]
        return deploying, int(found[1])

    def _word(self, kind: str) -> str:
        self._words += 1
        return f"{kind}-{self._words}"

    def _write(self, unit: str, word: str, before: str = "") -> None:
        (self.live.root / f"code_locations/{unit}/defs/soaking.py").write_text(before + code(word))

    @contextmanager
    def _schedules(self) -> Any:
        for unit in UNITS:
            selector = _in(unit, scheduleName="soaking_schedule")
            started = self.live.ask(_START, selector=selector)["startSchedule"]
            assert started["__typename"] == "ScheduleStateResult", started
        try:
            yield
        finally:
            for unit in UNITS:
                found = self.live.ask(_STATE, selector=_in(unit, scheduleName="soaking_schedule"))["scheduleOrError"]
                self.live.ask(_STOP, id=found["scheduleState"]["id"])

    def _backfill(self, unit: str) -> str:
        wanted = {"partitionNames": list(PARTITIONS), "assetSelection": [{"path": [unit, "soaked"]}]}
        begun = self.live.ask(_BACKFILL, backfill=wanted)["launchPartitionBackfill"]
        assert "backfillId" in begun, begun
        return str(begun["backfillId"])

    def _count(self, tag: str, value: str | None = None) -> int:
        wanted = {"tags": [{"key": tag, "value": value}] if value else [{"key": tag}], "createdAfter": self.began}
        if value is None:
            wanted = {"createdAfter": self.began}
        runs = self.live.ask(_RUNS, filter=wanted)["runsOrError"]["results"]
        return sum(any(found["key"] == tag for found in run["tags"]) for run in runs)

    def _open(self) -> list[dict[str, Any]]:
        wanted = {"statuses": ["QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING"]}
        found: list[dict[str, Any]] = self.live.ask(_RUNS, filter=wanted)["runsOrError"]["results"]
        return found


def _end(deploying: "subprocess.Popen[str]", phase: str, seconds: float) -> None:
    """SIGTERM, so long after a phase has begun; nothing, if it never does."""
    assert deploying.stderr
    if any(line.endswith(f": {phase}\n") for line in deploying.stderr):
        time.sleep(seconds)
        deploying.send_signal(signal.SIGTERM)


def _in(unit: str, **name: str) -> dict[str, str]:
    return {"repositoryLocationName": unit, "repositoryName": "__repository__", **name}


_LAUNCH = """
mutation($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  ... on PipelineNotFoundError { message } ... on RunConfigValidationInvalid { errors { message } } } }
"""
_RUNS = """
query($filter: RunsFilter) { runsOrError(filter: $filter) {
  ... on Runs { results { runId status tags { key value } } } } }
"""
_START = """
mutation($selector: ScheduleSelector!) { startSchedule(scheduleSelector: $selector) {
  __typename ... on PythonError { message } } }
"""
_STATE = """
query($selector: ScheduleSelector!) { scheduleOrError(scheduleSelector: $selector) {
  ... on Schedule { scheduleState { id } } } }
"""
_STOP = "mutation($id: String!) { stopRunningSchedule(id: $id) { __typename } }"
_BACKFILL = """
mutation($backfill: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $backfill) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }
"""
