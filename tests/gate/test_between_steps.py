"""Runs in flight that stand still between two steps while a hold lives: none begins a step in the gap."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable

import dagster as dg
import pytest
from dagster import DagsterInstance
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.execution.api import execute_run
from dagster._utils.interrupts import capture_interrupts

from data_platform.gate import EVERYTHING, Hold, HoldLostError, Holds
from data_platform.gate.between_steps import BetweenSteps, why_not
from data_platform.gate.hold import Scope
from data_platform.gate.steps import must_wait
from data_platform.instance.connections import Database
from tests.end_to_end.live import until
from tests.gate.rows_of_runs import add_run, let_pass, set_status

POOL = "duckdb_fleet"


def take(holds: Holds, scope: str = "fleet") -> Hold:
    return holds.acquire([scope], reason="a change", owner="jana", patience=30)[0]


def test_a_run_counts_as_standing_still_only_when_it_was_told_to_wait(holds: Holds, database: Database) -> None:
    run = add_run(database, "fleet", "STARTED")
    assert not must_wait(database, run)
    hold = take(holds)
    assert not must_wait(database, run), "nobody has asked it to"
    assert holds.stop_between_steps(hold.id, run)
    assert (holds.moving(hold.id), holds.to_applying([hold.id])) == ([run], False), "a step may be executing"
    assert must_wait(database, run)
    assert (holds.moving(hold.id), holds.stopped(hold.id)) == ([], [run])
    assert holds.to_applying([hold.id])
    assert must_wait(database, run)
    assert holds.crossing(Scope("fleet")) == [run]
    holds.release(hold.id)
    assert not must_wait(database, run)
    assert holds.crossing(Scope("fleet")) == [run], "it goes on with the code it began with"
    set_status(database, run, "SUCCESS")
    assert holds.crossing(Scope("fleet")) == []


def test_others_in_flight_are_waited_for_as_ever(holds: Holds, database: Database) -> None:
    held, other = add_run(database, "fleet", "STARTED"), add_run(database, "operations", "STARTED")
    hold = take(holds, EVERYTHING)
    holds.stop_between_steps(hold.id, held)
    assert must_wait(database, held)
    assert not must_wait(database, other)
    assert not holds.to_applying([hold.id])
    set_status(database, other, "SUCCESS")
    assert holds.to_applying([hold.id])


def test_a_hold_that_has_expired_keeps_no_step(holds: Holds, database: Database) -> None:
    run = add_run(database, "fleet", "STARTED")
    hold = take(holds)
    holds.stop_between_steps(hold.id, run)
    assert must_wait(database, run)
    let_pass(database, 61)
    assert not must_wait(database, run)
    with pytest.raises(HoldLostError):
        holds.to_applying([hold.id])
    with pytest.raises(HoldLostError):
        holds.stop_between_steps(hold.id, run)


def test_who_takes_over_an_abandoned_hold_takes_over_the_runs_that_stand_still(
    holds: Holds, database: Database
) -> None:
    run = add_run(database, "fleet", "STARTED")
    hold = take(holds)
    holds.stop_between_steps(hold.id, run)
    assert must_wait(database, run)
    assert holds.to_applying([hold.id])
    let_pass(database, 61)
    assert must_wait(database, run), "something is half done"
    later = holds.take_over(hold.id, owner="ali", reason="resume")
    assert must_wait(database, run)
    assert holds.stopped(later.id) == [run]
    holds.release(later.id)
    assert not must_wait(database, run)


def test_a_run_goes_on_before_a_later_hold_has_it_stand_still_again(holds: Holds, database: Database) -> None:
    run = add_run(database, "fleet", "STARTED")
    first = take(holds)
    holds.stop_between_steps(first.id, run)
    assert must_wait(database, run)
    holds.release(first.id)
    second = take(holds)
    assert not holds.stop_between_steps(second.id, run)
    assert not must_wait(database, run)
    assert holds.stop_between_steps(second.id, run)
    assert must_wait(database, run)


def test_under_a_stream_of_holds_no_step_is_executed_in_a_gap_and_every_run_goes_on(
    holds: Holds, database: Database
) -> None:
    steps: dict[str, list[tuple[float, float]]] = {add_run(database, "fleet", "STARTED"): [] for _ in range(4)}
    ending = threading.Event()
    chance = random.Random(7)  # noqa: S311 (no secret)

    def execute(run: str, done: list[tuple[float, float]]) -> None:
        while not ending.is_set():
            if must_wait(database, run):
                time.sleep(0.01)
                continue
            began = time.monotonic()
            time.sleep(chance.random() * 0.05)
            done.append((began, time.monotonic()))

    threads = [threading.Thread(target=execute, args=each) for each in steps.items()]
    for thread in threads:
        thread.start()
    gaps: list[tuple[float, float]] = []
    counts: list[int] = []
    try:
        deadline = time.monotonic() + 8
        while time.monotonic() < deadline:
            hold = take(holds)
            for run in steps:
                until(lambda run=run, number=hold.id: holds.stop_between_steps(number, run), 30, pause=0.01)  # type: ignore[misc]  # the type of a lambda with defaults
            until(lambda number=hold.id: holds.to_applying([number]), 30, pause=0.001)  # type: ignore[misc]  # the type of a lambda with defaults
            begun = time.monotonic()
            time.sleep(chance.random() * 0.1)
            gaps.append((begun, time.monotonic()))
            counts.append(min(len(done) for done in steps.values()))
            holds.release(hold.id)
    finally:
        ending.set()
        for thread in threads:
            thread.join()
    assert len(gaps) > 5
    assert counts == sorted(set(counts)), "each run has executed something between two gaps"
    every = [step for done in steps.values() for step in done]
    assert not [step for step in every for begun, ended in gaps if step[0] < ended and begun < step[1]]


def test_a_step_that_waits_for_a_hold_leaves_its_pool_to_others(
    instance: DagsterInstance, holds: Holds, database: Database
) -> None:
    storage = instance.event_log_storage
    storage.set_concurrency_slots(POOL, 1)
    held, other = add_run(database, "fleet", "STARTED"), add_run(database, "fleet", "STARTED")
    assert storage.claim_concurrency_slot(POOL, other, "first").is_claimed
    assert not storage.claim_concurrency_slot(POOL, held, "a step").is_claimed
    hold = take(holds)
    holds.stop_between_steps(hold.id, held)
    storage.free_concurrency_slot_for_step(other, "first")  # Dagster gives the slot to the step that was in line
    assert not storage.claim_concurrency_slot(POOL, held, "a step").is_claimed
    info = storage.get_concurrency_info(POOL)
    assert (info.slot_count, info.limit, info.pending_steps, info.claimed_slots) == (1, 1, [], [])
    assert storage.claim_concurrency_slot(POOL, other, "second").is_claimed
    storage.free_concurrency_slot_for_step(other, "second")
    holds.release(hold.id)
    assert storage.claim_concurrency_slot(POOL, held, "a step").is_claimed
    storage.free_concurrency_slots_for_run(held)


def test_a_run_that_stands_still_can_be_cancelled(instance: DagsterInstance, holds: Holds, database: Database) -> None:
    run = add_run(database, "fleet", "STARTED")
    holds.stop_between_steps(take(holds).id, run)
    with capture_interrupts():
        assert not instance.event_log_storage.claim_concurrency_slot(POOL, run, "a step").is_claimed
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(DagsterExecutionInterruptedError):
            instance.event_log_storage.claim_concurrency_slot(POOL, run, "a step")


@dg.op(pool=POOL)
def guarded() -> int:
    return 1


@dg.op(pool=POOL)
def guarded_too(before: int) -> int:
    return before


@dg.op
def free(before: int) -> int:
    return before


@dg.job(executor_def=dg.in_process_executor)
def all_guarded() -> None:
    guarded_too(guarded())


@dg.job(executor_def=dg.in_process_executor)
def partly_guarded() -> None:
    guarded_too(free(guarded()))


@dg.job(executor_def=dg.multiprocess_executor)
def many_processes() -> None:
    guarded_too(guarded())


@pytest.fixture
def begun(instance: DagsterInstance, database: Database) -> Callable[..., str]:
    def begin(job: dg.JobDefinition, **tags: str) -> str:
        run = instance.create_run_for_job(job, tags={"dagster/code_location": "fleet", **tags})
        set_status(database, run.run_id, "STARTED")
        return run.run_id

    return begin


def test_a_run_can_be_held_if_all_its_steps_are_in_pools_and_of_one_process(
    instance: DagsterInstance, begun: Callable[..., str], database: Database
) -> None:
    assert why_not(instance, begun(all_guarded)) is None
    assert why_not(instance, begun(partly_guarded)) == "its step free is in no pool"
    assert "not executed in one process (executor multiprocess)" in str(why_not(instance, begun(many_processes)))
    assert why_not(instance, "no such run") == "its steps are not known"


def test_a_run_that_a_run_in_flight_may_wait_for_is_not_held(
    instance: DagsterInstance, begun: Callable[..., str], database: Database
) -> None:
    parent = begun(partly_guarded)
    child = begun(all_guarded, **{"data_platform/parent_run": parent})
    assert why_not(instance, child) == f"run {parent[:8]}, which started it, is in flight"
    set_status(database, parent, "SUCCESS")
    assert why_not(instance, child) is None


def test_a_run_whose_step_in_no_pool_is_over_can_be_held(instance: DagsterInstance, holds: Holds) -> None:
    seen: dict[str, str | None] = {}

    @dg.op(pool=POOL)
    def looks(context: dg.OpExecutionContext, before: int) -> None:
        seen["later"] = why_not(instance, context.run_id)

    @dg.op
    def looks_first(context: dg.OpExecutionContext) -> int:
        seen["first"] = why_not(instance, context.run_id)
        return 1

    @dg.job(executor_def=dg.in_process_executor)
    def looking() -> None:
        looks(looks_first())

    run = instance.create_run_for_job(looking)
    assert execute_run(InMemoryJob(looking), run, instance).success
    assert seen == {"first": "its step looks_first is in no pool", "later": None}


def test_a_real_run_stands_still_after_its_step_and_goes_on_when_the_hold_is_released(
    instance: DagsterInstance, holds: Holds
) -> None:
    entered, go_on, done = threading.Event(), threading.Event(), []

    @dg.op(pool=POOL)
    def first() -> int:
        entered.set()
        assert go_on.wait(60)
        return 1

    @dg.op(pool=POOL)
    def second(before: int) -> None:
        done.append(before)

    @dg.job(executor_def=dg.in_process_executor)
    def two_steps() -> None:
        second(first())

    run = instance.create_run_for_job(two_steps, tags={"dagster/code_location": "fleet"})
    thread = threading.Thread(target=lambda: execute_run(InMemoryJob(two_steps), run, instance))
    thread.start()
    assert entered.wait(60)
    told: list[str] = []
    hold = take(holds)
    between = BetweenSteps(instance, holds, told.append)
    between.stop([hold.id])
    assert not holds.to_applying([hold.id])
    go_on.set()
    until(lambda: holds.to_applying([hold.id]), 30)
    between.stop([hold.id])
    time.sleep(1.5)
    assert not done
    assert told == [
        f"run {run.run_id[:8]} is to stop before its next step",
        f"run {run.run_id[:8]} is held between two steps",
    ]
    messages = [entry.message for entry in instance.all_logs(run.run_id)]
    assert (
        len([each for each in messages if "waits between two steps: jana holds fleet. Reason: a change." in each]) == 1
    )
    holds.release(hold.id)
    thread.join(30)
    assert done == [1]
    found = instance.get_run_by_id(run.run_id)
    assert found
    assert found.is_success
