"""Tickets for runs that start in spite of a hold, on a real PostgreSQL."""

from datetime import timedelta

from data_platform.gate import Holds, Scope
from data_platform.gate.exemptions import claim, exempt_from
from data_platform.instance.connections import Database
from tests.gate.rows_of_runs import add_run, set_status


def test_a_ticket_belongs_to_the_first_run_that_comes_into_the_queue_with_it(holds: Holds, database: Database) -> None:
    [hold] = holds.acquire(["fleet"], reason="a deployment", owner="jana", life=timedelta(minutes=30))
    assert holds.to_applying([hold.id])
    tags = holds.exempt(hold.id)

    def exempt(run: str) -> bool:
        with database.transaction() as connection:
            claim(connection, run, tags)
            return exempt_from(connection, run) == hold.id

    # the webserver died after it had claimed the ticket for this run and before it was in the queue
    never_submitted = add_run(database, "fleet", "NOT_STARTED")
    assert exempt(never_submitted)
    launched_again = add_run(database, "fleet", "NOT_STARTED")
    assert exempt(launched_again)
    set_status(database, launched_again, "QUEUED")
    assert not exempt(never_submitted)
    assert not exempt(add_run(database, "fleet", "NOT_STARTED"))
    holds.release(hold.id)


def test_of_the_runs_in_flight_those_are_known_that_a_holder_started(holds: Holds, database: Database) -> None:
    [hold] = holds.acquire(["fleet"], reason="a deployment", owner="jana")
    smoke, ended, other = (add_run(database, "fleet", "NOT_STARTED") for _ in range(3))
    for run in (smoke, ended):
        tags = holds.exempt(hold.id)
        with database.transaction() as connection:
            claim(connection, run, tags)
    for run, status in ((smoke, "CANCELING"), (ended, "SUCCESS"), (other, "STARTED")):
        set_status(database, run, status)
    assert holds.exempt_in_flight(hold.scope) == [smoke]
    assert holds.exempt_in_flight(Scope("operations")) == []
    holds.release(hold.id)
