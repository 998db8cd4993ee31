"""The ledger on a real PostgreSQL: what it keeps, and who may write to it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import text

from data_platform.deployments.errors import DeploymentError, DeploymentLostError
from data_platform.deployments.ledger import Ledger
from data_platform.deployments.phases import Outcome, Phase
from data_platform.gate import Holds
from data_platform.instance.connections import Database
from data_platform.schema.platform_tables import deploy_platform_tables
from tests.deployments import attempts

ASKED = replace(attempts.ASKED, after={"fleet": "new", "meteorology": "new"}, image="registry.example.org/platform:1.4")


def test_a_deployment_is_kept_with_all_that_is_known_of_it(ledger: Ledger) -> None:
    number = ledger.begin(ASKED)
    ledger.move(number, Phase.WAITING, None)
    ledger.take(number, 7)
    ledger.move(number, Phase.SCHEMA, 7)
    ledger.note(number, 7, changesets={"fleet": ["001.sql::1::jana"]})
    ledger.end(number, 7, Outcome.SUCCEEDED)

    kept = ledger.get(number)
    assert kept.asked == ASKED
    assert (kept.outcome, kept.phase, kept.token) == (Outcome.SUCCEEDED, Phase.DONE, 7)
    assert kept.changesets == {"fleet": ["001.sql::1::jana"]}
    assert [each.phase for each in kept.phases] == [Phase.VALIDATING, Phase.WAITING, Phase.SCHEMA]
    assert kept.ended_at
    assert sum(each.seconds for each in kept.phases) == pytest.approx(kept.seconds, abs=0.05)
    assert kept.as_document()["submodules"] == {"dbt_projects/fleet": "b" * 40}
    assert [each.id for each in ledger.history()] == [number]
    assert ledger.deployed() == {"fleet": "new", "meteorology": "new"}


def test_whoever_does_not_hold_what_the_row_names_writes_nothing(ledger: Ledger) -> None:
    number = ledger.begin(ASKED)
    ledger.take(number, 7)
    ledger.take(number, 9, before=7)  # somebody took the hold over, and goes on
    writes: list[Callable[[], None]] = [
        lambda: ledger.move(number, Phase.CODE, 7),
        lambda: ledger.take(number, 11, before=7),
        lambda: ledger.note(number, 7, changesets={"fleet": ["x"]}),
        lambda: ledger.end(number, 7, Outcome.SUCCEEDED),
        lambda: ledger.move(number, Phase.CODE, None),
    ]
    for write in writes:
        with pytest.raises(DeploymentLostError, match="somebody else goes on with it"):
            write()
    kept = ledger.get(number)
    assert (kept.token, kept.phase, kept.outcome, kept.changesets) == (9, Phase.VALIDATING, None, {})
    assert len(kept.phases) == 1


def test_an_end_is_not_undone(ledger: Ledger) -> None:
    number = ledger.begin(ASKED)
    ledger.end(number, None, Outcome.FAILED, "it does not load")
    with pytest.raises(DeploymentLostError):
        ledger.end(number, None, Outcome.SUCCEEDED)
    assert (ledger.get(number).outcome, ledger.get(number).cause) == (Outcome.FAILED, "it does not load")
    assert ledger.deployed() == {}


def test_what_was_written_just_before_the_database_went_away_may_be_written_again(ledger: Ledger) -> None:
    number = ledger.begin(ASKED)
    for _ in range(2):
        ledger.take(number, 9)
    for _ in range(2):
        ledger.end(number, 9, Outcome.FAILED, "it does not load")
    assert (ledger.get(number).token, ledger.get(number).outcome) == (9, Outcome.FAILED)


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase not in (Phase.RELEASING, Phase.DONE)])
def test_who_died_before_anything_was_changed_has_failed_and_others_are_abandoned(
    ledger: Ledger, database: Database, phase: Phase
) -> None:
    harmless = phase in {Phase.VALIDATING, Phase.WAITING, Phase.HOLDING, Phase.DRAINING}
    dead, living = ledger.begin(ASKED, phase), ledger.begin(ASKED, phase)
    with database.connect() as connection:
        connection.execute(text("UPDATE platform.deployment SET seen_at = seen_at - interval '61 s'"))
    ledger.seen(living)
    ledger.end_dead()
    assert ledger.get(living).state == str(phase)
    assert ledger.get(dead).state == ("failed" if harmless else "abandoned")
    if harmless:
        assert ledger.get(dead).cause == f"its deployer died while {phase}; nothing was changed"
    assert [each.id for each in ledger.unsettled()] == ([living] if harmless else [living, dead])


@pytest.mark.parametrize(
    ("before", "outcome"),
    [
        (Phase.VERIFYING, Outcome.SUCCEEDED),
        (Phase.ROLLING_BACK, Outcome.FAILED_AND_ROLLED_BACK),
        (Phase.DRAINING, Outcome.FAILED),
    ],
)
def test_who_died_after_its_release_has_ended_as_what_it_had_done_says(
    ledger: Ledger, holds: Holds, database: Database, before: Phase, outcome: Outcome
) -> None:
    number = ledger.begin(ASKED)
    [hold] = holds.acquire(["fleet"], reason="x", owner="x", deployment=str(number))
    assert holds.to_applying([hold.id])
    ledger.take(number, hold.id)
    ledger.move(number, before, hold.id)
    ledger.move(number, Phase.RELEASING, hold.id)
    with database.connect() as connection:
        connection.execute(text("UPDATE platform.deployment SET seen_at = seen_at - interval '61 s'"))
    ledger.end_dead()
    assert ledger.get(number).state == "abandoned", "its hold stays"
    holds.release(hold.id)
    ledger.end_dead()
    assert ledger.get(number).outcome == outcome
    assert ledger.unsettled() == []


def let_a_minute_pass(database: Database) -> None:
    with database.connect() as connection:
        connection.execute(text("UPDATE platform.deployment SET seen_at = seen_at - interval '61 s'"))


def test_who_died_between_the_end_of_the_drain_and_the_first_change_keeps_no_run_waiting(
    ledger: Ledger, holds: Holds, database: Database
) -> None:
    number = ledger.begin(ASKED)
    taken = [hold.id for hold in holds.acquire(["fleet", "meteorology"], reason="x", owner="x", deployment=str(number))]
    ledger.take(number, max(taken))
    ledger.move(number, Phase.DRAINING, max(taken))
    assert holds.to_applying(taken)
    ledger.end_dead()
    assert len(holds.live().holds) == 2, "it lives"
    let_a_minute_pass(database)
    ledger.end_dead()
    assert ledger.get(number).state == "failed"
    assert not holds.live().holds
    with pytest.raises(DeploymentLostError):
        ledger.move(number, Phase.SCHEMA, max(taken))  # should it come back, it changes nothing


def test_what_needs_a_person_keeps_its_hold(ledger: Ledger, holds: Holds, database: Database) -> None:
    abandoned, failed = ledger.begin(ASKED), ledger.begin(ASKED)
    for number, scope in ((abandoned, "fleet"), (failed, "meteorology")):
        [hold] = holds.acquire([scope], reason="x", owner="x", deployment=str(number))
        assert holds.to_applying([hold.id])
        ledger.take(number, hold.id)
        ledger.move(number, Phase.CODE, hold.id)
    ledger.end(failed, hold.id, Outcome.ROLLBACK_FAILED, "twice")
    let_a_minute_pass(database)
    ledger.end_dead()
    assert len(holds.live().holds) == 2
    assert [each.id for each in ledger.unsettled()] == [failed, abandoned]


def test_an_abandoned_deployment_whose_hold_was_released_by_force_has_ended(
    ledger: Ledger, holds: Holds, database: Database
) -> None:
    number = ledger.begin(ASKED)
    [hold] = holds.acquire(["fleet"], reason="x", owner="x", deployment=str(number))
    assert holds.to_applying([hold.id])
    ledger.take(number, hold.id)
    ledger.move(number, Phase.ROLLING_BACK, hold.id)
    holds.release(hold.id)
    ledger.end_dead()
    assert ledger.get(number).outcome is None, "its deployer may find out by itself"
    let_a_minute_pass(database)
    ledger.end_dead()
    assert ledger.get(number).outcome == Outcome.ROLLBACK_FAILED
    assert ledger.get(number).cause == "its deployer died while rolling back; its hold was released by hand"
    assert ledger.unsettled() == []


def test_versions_of_deployments_that_have_not_ended_are_needed(ledger: Ledger) -> None:
    number = ledger.begin(ASKED)
    assert ledger.versions_needed("fleet") == {"old", "new"}
    assert ledger.versions_needed("meteorology") == {"new"}
    ledger.end(number, None, Outcome.FAILED, "x")
    assert ledger.versions_needed("fleet") == set()


def test_what_is_served_is_noted_by_whoever_holds_it(ledger: Ledger) -> None:
    number = ledger.begin(ASKED)
    ledger.take(number, 7)
    ledger.note_before(number, 7, {"fleet": "of another deployment"})
    assert ledger.get(number).asked.before == {"fleet": "of another deployment"}
    with pytest.raises(DeploymentLostError):
        ledger.note_before(number, 6, {})


def test_a_failed_rollback_is_unsettled_until_its_hold_is_released(ledger: Ledger, holds: Holds) -> None:
    number = ledger.begin(ASKED)
    [hold] = holds.acquire(["fleet"], reason="x", owner="x", deployment=str(number))
    assert holds.to_applying([hold.id])
    ledger.take(number, hold.id)
    ledger.end(number, hold.id, Outcome.ROLLBACK_FAILED, "twice")
    assert [each.id for each in ledger.unsettled()] == [number]
    holds.release(hold.id)
    assert ledger.unsettled() == []


def test_a_number_that_is_none_is_told(ledger: Ledger) -> None:
    with pytest.raises(DeploymentError, match="there is no deployment 4711"):
        ledger.get(4711)


def test_the_tables_are_of_the_platform_s_own_changelog(url: str, database: Database) -> None:
    with database.connect() as connection:
        recorded: Sequence[str] = connection.execute(text("SELECT id FROM platform.databasechangelog")).scalars().all()
    assert {"deployment", "deployment-phase"} <= set(recorded)
    assert not deploy_platform_tables(url).ran
