"""Holds in the database: their turn, their end, their tokens."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from data_platform.gate import EVERYTHING, Hold, HoldLostError, Holds, Outcome, Phase, Scope, ScopeBusyError
from data_platform.instance.connections import Database
from tests.gate.rows_of_runs import add_run, let_pass, set_status


def take(holds: Holds, *locations: str, patience: float = 0.0) -> Hold:
    return holds.acquire(locations, reason="a change", owner="jana", patience=patience)[0]


def test_everything_excludes_each_location_and_each_location_everything(holds: Holds) -> None:
    fleet = take(holds, "fleet")
    take(holds, "operations")
    with pytest.raises(ScopeBusyError, match=r"fleet is held by jana \(a change\): hold \d+"):
        take(holds, EVERYTHING)
    holds.release(fleet.id)
    with pytest.raises(ScopeBusyError, match="operations is held"):
        take(holds, EVERYTHING)


def test_a_refused_hold_leaves_nothing_behind(holds: Holds) -> None:
    take(holds, "fleet")
    with pytest.raises(ScopeBusyError):
        take(holds, "fleet", "operations")
    assert [hold.scope for hold in holds.standing().holds] == ["fleet"]
    take(holds, "operations")


def test_who_asks_for_everything_is_not_passed_by_those_who_come_later(holds: Holds) -> None:
    fleet = take(holds, "fleet")
    [all_of_it] = holds.ask([EVERYTHING], reason="a release", owner="ali")
    with pytest.raises(ScopeBusyError, match="everything was asked for earlier by ali"):
        take(holds, "operations")
    holds.release(fleet.id)
    [taken], before = holds.advance(all_of_it.request)
    assert before is None
    assert taken.phase == Phase.DRAINING


def test_of_many_who_ask_at_once_each_gets_its_turn_and_tokens_increase(holds: Holds) -> None:
    turns: list[int] = []
    inside = threading.Semaphore(1)

    def deploy(_: int) -> None:
        hold = take(holds, "fleet", patience=60)
        assert inside.acquire(blocking=False), "two hold the same scope"
        turns.append(hold.id)
        assert holds.to_applying([hold.id])
        inside.release()
        holds.release(hold.id)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(deploy, range(12)))
    assert turns == sorted(turns)
    assert len(turns) == 12


def test_a_draining_hold_that_nobody_renews_ends_by_itself(holds: Holds, database: Database) -> None:
    hold = take(holds, "fleet")
    let_pass(database, 61)
    assert holds.live().holds == ()
    with pytest.raises(HoldLostError, match="has expired"):
        holds.renew(hold.id)
    with pytest.raises(HoldLostError, match="has expired"):
        holds.to_applying([hold.id])
    take(holds, "fleet")
    assert holds.get(hold.id).outcome == Outcome.EXPIRED


def test_an_applying_hold_whose_holder_died_holds_on_until_it_is_taken_over(holds: Holds, database: Database) -> None:
    hold = take(holds, "fleet")
    assert holds.to_applying([hold.id])
    [later] = holds.ask(["fleet"], reason="next", owner="ali")
    let_pass(database, 59)
    with pytest.raises(HoldLostError, match="not abandoned"):
        holds.take_over(hold.id, owner="ali", reason="resume")
    let_pass(database, 600)
    moment = holds.live()
    assert moment.holds[0].is_abandoned(moment.now)
    with pytest.raises(HoldLostError):
        holds.check(hold.id)
    holds.ask(["fleet"], reason="another", owner="eve")

    new = holds.take_over(hold.id, owner="ali", reason="resume")
    assert (new.phase, new.scope) == (Phase.APPLYING, "fleet")
    assert holds.get(hold.id).outcome == Outcome.TAKEN_OVER
    waiting = [hold for hold in holds.standing().holds if hold.phase == Phase.WAITING]
    assert [hold.owner for hold in waiting] == ["eve"], "who did not keep the place has lost it"
    assert waiting[0].id > new.id > later.id > hold.id


def test_nothing_is_applied_while_a_run_is_in_flight(holds: Holds, database: Database) -> None:
    run = add_run(database, "fleet", "STARTED")
    add_run(database, "operations", "STARTED")
    hold = take(holds, "fleet")
    assert not holds.to_applying([hold.id])
    for status in ("CANCELING", "STARTING"):
        set_status(database, run, status)
        assert holds.in_flight(Scope("fleet")) == [run]
        assert not holds.to_applying([hold.id])
    set_status(database, run, "SUCCESS")
    assert holds.to_applying([hold.id])
    assert holds.check(hold.id).phase == Phase.APPLYING


def test_several_units_are_taken_together_or_not_at_all(holds: Holds, database: Database) -> None:
    run = add_run(database, "operations", "STARTED")
    both = holds.acquire(["operations", "fleet"], reason="a release", owner="jana")
    assert [hold.scope for hold in both] == ["fleet", "operations"]
    numbers = [hold.id for hold in both]
    assert not holds.to_applying(numbers)
    assert {hold.phase for hold in holds.live().holds} == {Phase.DRAINING}
    set_status(database, run, "FAILURE")
    assert holds.to_applying(numbers)


def test_runs_that_waited_start_before_the_next_hold_of_their_scope(holds: Holds, database: Database) -> None:
    hold = take(holds, "fleet")
    run = add_run(database, "fleet")
    holds.release(hold.id)
    add_run(database, "fleet")  # came later: it has no claim
    take(holds, "operations")
    with pytest.raises(ScopeBusyError, match="a run that waited for the hold before this one must start first"):
        take(holds, "fleet")
    set_status(database, run, "STARTED")
    take(holds, "fleet")


def test_runs_that_do_not_start_keep_the_next_hold_away_for_a_minute_only(holds: Holds, database: Database) -> None:
    hold = take(holds, "fleet")
    add_run(database, "fleet")
    holds.release(hold.id)
    let_pass(database, 59)
    with pytest.raises(ScopeBusyError):
        take(holds, EVERYTHING)
    let_pass(database, 2)
    take(holds, EVERYTHING)


def test_a_hold_can_be_waited_for(holds: Holds) -> None:
    first = take(holds, "fleet")
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(take, holds, "fleet", patience=30)
        time.sleep(1)
        assert not second.done()
        holds.release(first.id)
        assert second.result(10).is_live(holds.live().now)


def test_a_hold_is_released_once_and_for_all(holds: Holds) -> None:
    hold = take(holds, "fleet")
    assert holds.release(hold.id) == holds.release(hold.id)
    assert holds.get(hold.id).outcome == Outcome.RELEASED
    for act in (holds.renew, holds.check, holds.exempt, holds.to_draining):
        with pytest.raises(HoldLostError, match="was released"):
            act(hold.id)
    with pytest.raises(HoldLostError, match="there is no hold 987654"):
        holds.check(987654)


def test_a_hold_can_be_extended_for_as_long_as_it_is_held(holds: Holds, database: Database) -> None:
    [hold] = holds.acquire(["fleet"], reason="by hand", owner="jana", life=timedelta(minutes=30))
    let_pass(database, 29 * 60)
    holds.renew(hold.id, timedelta(minutes=10))
    let_pass(database, 9 * 60)
    assert holds.live().holds
    let_pass(database, 61)
    assert not holds.live().holds
