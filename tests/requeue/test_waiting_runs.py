"""What becomes of runs that wait while the code of their unit changes: a real code server for each version."""

import signal
import subprocess
import sys
from typing import Any

import pytest
from sqlalchemy import event, text

from data_platform.gate import HoldLostError, Holds
from data_platform.gate.admission import GATE_TAG, HELD_TAG
from data_platform.instance.connections import Database
from data_platform.requeue.replacing import Replacing
from tests.requeue.conftest import Unit

ALL = "__ASSET_JOB"


def successor(unit: Unit, old: str) -> str:
    """The one run that waits, which has taken the place of another."""
    [new] = unit.waiting()
    assert new.tags["data_platform/resubmitted_from"] == old
    assert unit.run(old).tags["data_platform/resubmitted_as"] == new.run_id
    assert unit.status(old) == "CANCELED"
    return new.run_id


def test_a_run_whose_steps_are_the_same_keeps_its_id_though_its_job_bears_another_version(unit: Unit) -> None:
    runs = [unit.submit("staying"), unit.submit(ALL, assets=("kept",), checks=("kept_check",))]
    assert unit.deploy() == {"unchanged": 2}
    assert {run.run_id for run in unit.waiting()} == set(runs)


def test_what_many_runs_share_is_read_once(unit: Unit, database: Database) -> None:
    read: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        read.extend([statement] if "FROM snapshots" in statement else [])

    for number in range(5):
        unit.submit("staying", tags={"number": str(number)})
    event.listen(database.engine, "before_cursor_execute", note)
    assert unit.deploy() == {"unchanged": 5}
    event.remove(database.engine, "before_cursor_execute", note)
    assert len(read) == 1


def test_a_run_whose_steps_differ_is_submitted_anew(unit: Unit) -> None:
    old = unit.submit("changing", tags={"mine": "yes", "dagster/priority": "3"})
    lines: list[str] = []
    assert unit.deploy(told=lines.append) == {"submitted anew": 1}
    new = unit.run(successor(unit, old))
    why = "since deployment 7, fleet has other steps for changing now (gone: old_step; new: new_step)"
    assert f"Cancelled, and submitted anew as run {new.run_id}: {why}." in unit.messages(old)
    assert f"This run takes the place of run {old}: {why}." in unit.messages(new.run_id)
    assert lines == [f"run {old} of changing is submitted anew as {new.run_id}: {why}"]
    assert new.step_keys_to_execute is None
    assert new.tags["data_platform/version"] == "2"
    assert "of" not in new.tags
    assert (new.tags["mine"], new.tags["dagster/priority"]) == ("yes", "3")
    assert new.tags[GATE_TAG] == "fleet"
    assert "a deployment" in new.tags[HELD_TAG]
    assert any("This run waits: jana holds fleet" in message for message in unit.messages(new.run_id))


@pytest.mark.parametrize(
    ("assets", "checks", "left", "left_checks"),
    [
        (("kept", "gone"), None, {"kept"}, None),
        (("kept",), ("kept_check", "gone_check"), {"kept"}, {"kept_check"}),
        (("gone",), ("kept_check",), set(), {"kept_check"}),
    ],
)
def test_a_run_of_selected_assets_is_submitted_anew_for_those_that_are_left(
    unit: Unit,
    assets: tuple[str, ...],
    checks: tuple[str, ...] | None,
    left: set[str],
    left_checks: set[str] | None,
) -> None:
    old = unit.submit(ALL, assets=assets, checks=checks)
    assert unit.deploy() == {"submitted anew": 1}
    new = unit.run(successor(unit, old))
    assert {key.to_user_string() for key in new.asset_selection or ()} == left
    if left_checks is not None:
        assert {key.name for key in new.asset_check_selection or ()} == left_checks


def test_a_run_of_a_whole_asset_job_is_submitted_anew_with_the_assets_that_the_job_has_now(unit: Unit) -> None:
    old = unit.submit("everything")
    assert unit.deploy() == {"submitted anew": 1}
    new = unit.run(successor(unit, old))
    assert new.asset_selection is None
    planned = unit.instance.get_execution_plan_snapshot(str(new.execution_plan_snapshot_id))
    assert {key.to_user_string() for key in planned.asset_selection} == {"kept", "added"}


@pytest.mark.parametrize(
    ("job", "assets", "why"),
    [
        ("leaving", None, "has no job leaving any more"),
        (ALL, ("gone",), "has nothing any more of what was selected (gone: gone)"),
    ],
)
def test_a_run_of_which_nothing_is_left_is_cancelled_and_says_why(
    unit: Unit, job: str, assets: tuple[str, ...] | None, why: str
) -> None:
    old = unit.submit(job, assets=assets)
    assert unit.deploy() == {"cancelled": 1}
    assert unit.status(old) == "CANCELED"
    assert not unit.waiting()
    [said] = {message for message in unit.messages(old) if "deployment 7" in message}
    assert said == (
        f"Cancelled: since deployment 7, fleet {why}. If it is still needed, start what has taken its place;"
        " `dp deploy show 7` tells more."
    )


def test_a_run_that_the_new_version_refuses_is_cancelled_with_what_it_said(unit: Unit) -> None:
    old = unit.submit("configured")
    assert unit.deploy() == {"cancelled": 1}
    assert unit.status(old) == "CANCELED"
    [said] = [message for message in unit.messages(old) if "deployment 7" in message]
    assert "fleet does not take it any more: " in said
    assert "Missing required config entry" in said


@pytest.mark.parametrize(
    "tags",
    [
        {"dagster/partition": "a"},
        {"dagster/asset_partition_range_start": "a", "dagster/asset_partition_range_end": "b"},
    ],
)
def test_a_run_of_a_partition_that_is_gone_is_cancelled(unit: Unit, tags: dict[str, str]) -> None:
    old = unit.submit(ALL, assets=("lettered",), tags=tags)
    left = unit.submit(ALL, assets=("lettered",), tags={"dagster/partition": "b"})
    assert unit.deploy() == {"cancelled": 1, "submitted anew": 1}  # for its other pool
    assert any("fleet has no partition a of lettered any more" in message for message in unit.messages(old))
    successor(unit, left)


def test_a_retry_of_some_steps_executes_those_that_are_left(unit: Unit) -> None:
    first = unit.submit("changing")
    unit.instance.report_run_canceled(unit.run(first))
    tags = {"dagster/is_resume_retry": "true"}
    same = unit.submit("changing", steps=("stay",), parent=first, tags=tags)
    both = unit.submit("changing", steps=("old_step", "stay"), parent=first, tags=tags)
    gone = unit.submit("by_letter", steps=("old_step",), parent=first, tags=tags)
    assert unit.deploy() == {"unchanged": 1, "submitted anew": 1, "cancelled": 1}
    assert unit.status(same) == "QUEUED"
    assert unit.status(gone) == "CANCELED"
    # it had all steps: it is a whole run
    [new] = [run for run in unit.waiting() if run.run_id != same]
    assert new.tags["data_platform/resubmitted_from"] == both
    assert new.parent_run_id == first


def test_a_unit_that_is_gone_cancels_its_runs(unit: Unit) -> None:
    old = unit.submit("staying")
    assert unit.deploy("none") == {"cancelled": 1}
    assert any("fleet is not served any more" in message for message in unit.messages(old))


def test_a_code_server_that_does_not_answer_leaves_runs_as_they_are(unit: Unit) -> None:
    old, lines = unit.submit("leaving"), []  # type: tuple[str, list[str]]
    assert unit.deploy("away", lines.append) == {"not looked at": 1}
    assert unit.status(old) == "QUEUED"
    assert f"run {old} is left as it is: fleet is not served" in lines[0]


def test_looking_twice_changes_nothing_more_and_looking_back_brings_the_old_steps_back(unit: Unit) -> None:
    old = unit.submit("changing")
    unit.deploy()
    new = successor(unit, old)
    assert unit.deploy() == {"unchanged": 1}
    assert unit.deploy("old") == {"submitted anew": 1}  # the code was rolled back
    last = unit.run(successor(unit, new))
    assert last.tags["data_platform/version"] == "1"


def test_whoever_is_killed_between_submitting_and_cancelling_leaves_the_run_as_it_was(unit: Unit) -> None:
    old = unit.submit("changing", tags={"dagster/backfill": "one"})
    before = unit.messages(old)
    command = [sys.executable, "-m", "tests.requeue.dying", str(unit.workspaces["new"]), str(unit.hold.id)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done
    assert "the new run is in the queue" in done.stdout
    assert [run.run_id for run in unit.instance.get_runs()] == [old]
    assert unit.status(old) == "QUEUED"
    assert unit.messages(old) == before
    assert unit.run(old).tags["dagster/backfill"] == "one"
    assert unit.deploy() == {"submitted anew": 1}
    successor(unit, old)


def test_a_run_that_its_owner_cancels_meanwhile_stays_cancelled(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    old, resubmit = unit.submit("changing"), Replacing.resubmit

    def cancelled_first(self: Replacing, *arguments: object) -> object:
        unit.instance.run_coordinator.cancel_run(old)
        return resubmit(self, *arguments)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(Replacing, "resubmit", cancelled_first)
    assert unit.deploy() == {"ended meanwhile": 1}
    assert not unit.waiting()


def test_nothing_is_touched_when_the_hold_is_lost(unit: Unit, holds: Holds, monkeypatch: pytest.MonkeyPatch) -> None:
    old = unit.submit("leaving")
    cancel = Replacing.cancel

    def released_first(self: Replacing, *arguments: object) -> object:
        holds.release(unit.hold.id)
        return cancel(self, *arguments)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(Replacing, "cancel", released_first)
    with pytest.raises(HoldLostError):
        unit.deploy()
    assert unit.status(old) == "QUEUED"


def test_a_run_that_is_submitted_anew_leaves_its_backfill_to_its_successor(unit: Unit, holds: Holds) -> None:
    tags = {"dagster/backfill": "one", "dagster/partition": "a", "dagster/partition_set": "by_letter_partition_set"}
    old = unit.submit("by_letter", tags=tags)
    unit.deploy()
    new = successor(unit, old)
    assert unit.run(new).tags.items() >= tags.items()
    assert unit.run(old).tags["data_platform/was_in_backfill"] == "one"
    assert "dagster/backfill" not in unit.run(old).tags
    with holds.database.connect() as connection:
        for statement in (
            "SELECT run_id FROM runs WHERE backfill_id = 'one'",
            "SELECT run_id FROM run_tags WHERE key = 'dagster/backfill'",
        ):
            assert [row.run_id for row in connection.execute(text(statement))] == [new]
