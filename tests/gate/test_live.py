"""Holds on a running Dagster: what each kind of run does while its code location is held."""

import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data_platform.gate import Hold, Phase
from data_platform.instance.embedded import EmbeddedPostgres
from tests.gate.live import SCHEDULED, Dagster, running, until

REASON = "the disk is replaced"
_HOUR = timedelta(hours=1)
LINK = "https://wiki.example.org/disks"
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def dagster(server: EmbeddedPostgres, url: str) -> Iterator[Dagster]:
    # not tmp_path: a socket's path must be short
    with tempfile.TemporaryDirectory(prefix="dp-") as folder, running(Path(folder), url) as dagster:
        started = time.monotonic()
        dagster.holds.acquire([SCHEDULED], reason="for the schedule", owner="test", life=_HOUR)
        _turn_on(dagster)
        yield dagster
        print(f"used for {time.monotonic() - started:.0f} s")


@pytest.fixture
def fleet(dagster: Dagster) -> Iterator[Hold]:
    """A hold on fleet, which is released at the end."""
    [hold] = dagster.holds.acquire(["fleet"], reason=REASON, owner="jana", link=LINK, life=_HOUR, patience=60)
    yield hold
    dagster.holds.release(hold.id)


def test_a_run_waits_says_why_and_starts_at_once_when_it_is_released(dagster: Dagster, fleet: Hold) -> None:
    run = dagster.launch_job("fleet", "greeting")
    other = dagster.launch_job("operations", "greeting")
    dagster.until_status(other, "SUCCESS")
    dagster.stay_queued(run)
    [told] = [message for message in dagster.messages(run) if "holds fleet" in message]
    assert told.startswith("This run waits: jana holds fleet since")
    assert f"Reason: {REASON}." in told
    assert LINK in told

    dagster.holds.release(fleet.id)
    released = time.monotonic()
    dagster.until_status(run, "STARTING", "STARTED", "SUCCESS")
    assert time.monotonic() - released < 5
    dagster.until_status(run, "SUCCESS")


def test_a_run_in_flight_finishes_and_is_waited_for(dagster: Dagster, tmp_path: Path) -> None:
    run = dagster.launch_job("fleet", "waiting", {"file": str(tmp_path / "go on")})
    dagster.until_status(run, "STARTED")
    [hold] = dagster.holds.acquire(["fleet"], reason=REASON, owner="jana", patience=60)
    assert not dagster.holds.to_applying([hold.id])
    later = dagster.launch_job("fleet", "greeting")
    (tmp_path / "go on").touch()
    until(lambda: dagster.holds.to_applying([hold.id]), 30)
    assert dagster.status_of(run) == "SUCCESS"
    dagster.stay_queued(later)
    dagster.holds.release(hold.id)
    dagster.until_status(later, "SUCCESS")


def test_everything_can_be_held(dagster: Dagster) -> None:
    # the hold on the scheduled unit is there already; everything else is held one by one
    taken = dagster.holds.acquire(["fleet", "operations"], reason=REASON, owner="jana", patience=60)
    runs = [dagster.launch_job(unit, "greeting") for unit in ("fleet", "operations")]
    dagster.stay_queued(*runs)
    for hold in taken:
        dagster.holds.release(hold.id)
    for run in runs:
        dagster.until_status(run, "SUCCESS")


def test_a_step_that_is_tried_again_belongs_to_a_run_in_flight(dagster: Dagster) -> None:
    run = dagster.launch_job("fleet", "retrying_op")
    dagster.until_status(run, "STARTED")
    [hold] = dagster.holds.acquire(["fleet"], reason=REASON, owner="jana", life=_HOUR, patience=60)
    dagster.until_status(run, "SUCCESS")
    assert any("restart" in message.lower() or "retry" in message.lower() for message in dagster.messages(run))
    dagster.holds.release(hold.id)


def test_a_run_that_is_tried_again_waits(dagster: Dagster) -> None:
    run = dagster.launch_job("fleet", "dying")
    dagster.until_status(run, "STARTED", "FAILURE")
    [hold] = dagster.holds.acquire(["fleet"], reason=REASON, owner="jana", life=_HOUR, patience=60)
    dagster.until_status(run, "FAILURE")
    [again] = until(lambda: dagster.runs_tagged("dagster/parent_run_id", run), 60)
    dagster.stay_queued(again["runId"])
    assert any("holds fleet" in message for message in dagster.messages(again["runId"]))
    dagster.holds.release(hold.id)
    dagster.until_status(again["runId"], "FAILURE")


def test_a_run_that_a_run_in_flight_waits_for_starts(dagster: Dagster) -> None:
    parent = dagster.launch_job("fleet", "parent", {"seconds": "2"})
    dagster.until_status(parent, "STARTED")
    [hold] = dagster.holds.acquire(["fleet"], reason=REASON, owner="jana", life=_HOUR, patience=60)
    assert not dagster.runs_tagged("data_platform/parent_run", parent)
    dagster.until_status(parent, "SUCCESS")
    [child] = dagster.runs_tagged("data_platform/parent_run", parent)
    assert child["status"] == "SUCCESS"

    # its tags on another run are worth nothing now that the parent has ended
    copied = dagster.launch_job("fleet", "greeting", {"data_platform/parent_run": parent})
    dagster.stay_queued(copied)
    assert dagster.holds.to_applying([hold.id])
    dagster.holds.release(hold.id)
    dagster.until_status(copied, "SUCCESS")


def test_the_holder_s_runs_start_and_runs_with_their_tags_wait(dagster: Dagster, fleet: Hold) -> None:
    assert dagster.holds.to_applying([fleet.id])
    tags = dagster.holds.exempt(fleet.id)
    assert tags["data_platform/exempt_from_hold"] == str(fleet.id)
    smoke = dagster.launch_job("fleet", "greeting", tags)
    dagster.until_status(smoke, "SUCCESS")

    carried = {tag["key"]: tag["value"] for tag in dagster.run(smoke)["tags"] if not tag["key"].startswith("dagster/")}
    assert carried.items() >= tags.items()
    copied = dagster.launch_job("fleet", "greeting", carried)
    again = dagster.launch_job("fleet", "greeting", carried, parentRunId=smoke, rootRunId=smoke)
    guessed = dagster.launch_job("fleet", "greeting", {"data_platform/exempt_from_hold": str(fleet.id)})
    dagster.stay_queued(copied, again, guessed)
    assert dagster.holds.in_flight(fleet.scope) == []
    dagster.holds.release(fleet.id)
    for run in (copied, again, guessed):
        dagster.until_status(run, "SUCCESS")


def test_a_run_that_waits_can_be_cancelled(dagster: Dagster, fleet: Hold) -> None:
    run = dagster.launch_job("fleet", "greeting")
    dagster.ask("mutation($run: String!) { terminateRun(runId: $run) { __typename } }", run=run)
    dagster.until_status(run, "CANCELED")
    assert dagster.holds.waiting(fleet.scope) == []


def test_the_queue_s_settings_say_who_holds(dagster: Dagster, fleet: Hold) -> None:
    query = "{ instance { runQueueConfig { tagConcurrencyLimitsYaml } } }"
    text = dagster.ask(query)["instance"]["runQueueConfig"]["tagConcurrencyLimitsYaml"]
    assert f"held_by: 'hold {fleet.id} on fleet (jana): {REASON}'" in text or "held_by" in text
    assert "value: fleet" in text


def test_dp_hold_tells_the_runs_that_were_waiting(dagster: Dagster, tmp_path: Path) -> None:
    # the first takes every slot of the queue there is for this unit: nothing; so the daemon is stopped instead
    daemon = dagster.started[-1]
    daemon.terminate()
    daemon.wait(60)
    run = dagster.launch_job("fleet", "greeting")
    said = dagster.dp("hold", "take", "--unit", "fleet", "--reason", "by hand")
    assert "runs that wait: 1" in said
    assert [message for message in dagster.messages(run) if "Reason: by hand" in message]
    dagster.start_daemon()
    dagster.stay_queued(run, seconds=5)
    [hold] = [hold for hold in dagster.holds.live().holds if hold.scope == "fleet"]
    assert hold.phase == Phase.DRAINING
    dagster.dp("hold", "release", str(hold.id))
    dagster.until_status(run, "SUCCESS")


def test_a_waiting_run_s_page_shows_the_reason(dagster: Dagster, fleet: Hold, browser: Any) -> None:
    run = dagster.launch_job("fleet", "greeting")
    page = browser.new_context(base_url=dagster.address, viewport={"width": 1400, "height": 900}).new_page()
    page.goto(f"/runs/{run}")
    page.get_by_text("Run queued").wait_for(timeout=60_000)
    page.get_by_text("View tags and config").click()
    page.get_by_text(f"held_by: hold {fleet.id} on fleet (jana): {REASON}").first.wait_for(timeout=30_000)

    # Dagster's page shows the events of a run only when it has left the queue
    dagster.holds.release(fleet.id)
    dagster.until_status(run, "SUCCESS")
    page.goto(f"/runs/{run}")
    page.get_by_text("This run waits: jana holds fleet").first.wait_for(timeout=60_000)
    page.get_by_text(LINK).first.wait_for(timeout=30_000)
    page.context.close()


def test_runs_of_schedules_sensors_backfills_and_asset_checks_wait(dagster: Dagster) -> None:
    checking = dagster.launch_job(SCHEDULED, "checking")
    # begun at the beginning, since a schedule needs up to a minute, and a backfill half of one
    by_backfill = until(lambda: _three(dagster.runs_tagged("dagster/backfill")), 90)
    [by_sensor] = until(lambda: dagster.runs_tagged("dagster/sensor_name", "always"), 60)
    by_schedule = until(lambda: dagster.runs_tagged("dagster/schedule_name", "every_minute"), 90)
    runs = [checking, *(run["runId"] for run in (by_sensor, by_schedule[-1], *by_backfill))]
    for run in runs:
        assert dagster.status_of(run) == "QUEUED"
        assert any("Reason: for the schedule" in message for message in dagster.messages(run))
    for hold in dagster.holds.live().holds:
        dagster.holds.release(hold.id)
    for run in runs:
        dagster.until_status(run, "SUCCESS")


def _three(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return found if len(found) == 3 else []


def _turn_on(dagster: Dagster) -> None:
    for mutation, key, name in (
        ("startSchedule(scheduleSelector: $selector)", "scheduleName", "every_minute"),
        ("startSensor(sensorSelector: $selector)", "sensorName", "always"),
    ):
        kind = "ScheduleSelector" if key == "scheduleName" else "SensorSelector"
        selector = {"repositoryLocationName": SCHEDULED, "repositoryName": "__repository__", key: name}
        dagster.ask(f"mutation($selector: {kind}!) {{ {mutation} {{ __typename }} }}", selector=selector)
    backfill = {"partitionNames": ["a", "b", "c"], "assetSelection": [{"path": ["by_letter"]}]}
    begun = dagster.ask(_BACKFILL, backfill=backfill)["launchPartitionBackfill"]
    assert "backfillId" in begun, begun


_BACKFILL = """
mutation($backfill: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $backfill) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message }
  }
}
"""
