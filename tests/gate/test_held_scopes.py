"""Whose data cannot become fresher now: what alerts on freshness must wait for."""

from data_platform.gate import FAIRNESS, Hold, Holds, held_scopes
from data_platform.instance.connections import Database
from tests.gate.rows_of_runs import add_run, let_pass, set_status


def take(holds: Holds, *locations: str) -> Hold:
    return holds.acquire(locations, reason="disk", owner="jana@host")[0]


def test_what_is_held_counts_and_what_waits_in_line_does_not(holds: Holds) -> None:
    assert held_scopes(holds) == frozenset()
    taken = take(holds, "fleet")
    holds.ask(["fleet", "operations"], reason="x", owner="x")
    assert held_scopes(holds) == {"fleet"}
    assert [any(scope.covers(unit) for scope in held_scopes(holds)) for unit in ("fleet", "operations")] == [
        True,
        False,
    ]
    holds.release(taken.id)
    assert held_scopes(holds) == frozenset()


def test_everything_covers_each_unit(holds: Holds) -> None:
    take(holds, "*")
    [scope] = held_scopes(holds)
    assert scope.covers("fleet")


def test_after_the_release_those_count_whose_runs_have_yet_to_start_but_not_for_ever(
    holds: Holds, database: Database
) -> None:
    taken = take(holds, "*")
    waiting = add_run(database, "fleet")
    holds.release(taken.id)
    add_run(database, "operations")  # it came later, and waited for no hold
    assert held_scopes(holds) == {"fleet"}
    set_status(database, waiting, "STARTED")
    assert held_scopes(holds) == frozenset()
    set_status(database, waiting, "QUEUED")
    let_pass(database, FAIRNESS.total_seconds() + 1)
    assert held_scopes(holds) == frozenset()


def test_a_lease_that_has_expired_holds_nothing_and_an_abandoned_change_does(holds: Holds, database: Database) -> None:
    take(holds, "fleet")
    changing = take(holds, "operations")
    assert holds.to_applying([changing.id])
    let_pass(database, 61)
    assert held_scopes(holds) == {"operations"}
