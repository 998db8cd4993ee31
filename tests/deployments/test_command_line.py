"""`dp deploy` where no platform runs: what the ledger tells, and wrong calls in one line."""

import json
from pathlib import Path

import pytest

from data_platform.cli.deploy_settling import finish
from data_platform.cli.main import run
from data_platform.deployments.deployment import Asked
from data_platform.deployments.errors import DeploymentError
from data_platform.deployments.ledger import Ledger
from data_platform.deployments.phases import Outcome, Phase
from data_platform.gate import Holds
from data_platform.instance.connections import Database
from tests.deployments.attempts import attempt, until


@pytest.fixture(autouse=True)
def _this_database(ledger: Ledger, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_POSTGRES_URL", url)
    monkeypatch.setenv("DATA_PLATFORM_STATE", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")


@pytest.mark.parametrize(
    ("arguments", "exit_code", "said"),
    [
        (["fleet"], 1, "the platform is not running, so there is nothing to deploy to -> start it with `dp up`"),
        (["fleet", "--all"], 2, "--all is given, and units are named"),
        (["fleet", "--drain-limit", "soon"], 2, "'soon' is no span of time"),
        (["fleet", "--smoke", "build"], 2, "'build' is neither a job nor an asset"),
        (["show", "seven"], 2, "'seven' is no number of a deployment"),
        (["show", "4711"], 1, "there is no deployment 4711 -> see `dp deploy history`"),
        (["history", "--limit", "0"], 2, "0 is not in the range"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], exit_code: int, said: str
) -> None:
    assert run(["deploy", *arguments]) == exit_code
    answer = capsys.readouterr().err
    assert said in answer
    assert answer.count("\n") == 1


def test_the_ledger_is_told_to_people_and_programs(capsys: pytest.CaptureFixture[str], ledger: Ledger) -> None:
    assert run(["deploy", "history"]) == 0
    assert capsys.readouterr().out == "nothing was deployed yet\n"

    number = ledger.begin(
        Asked(("fleet",), "local", "jana@host", "faster marts", before={"fleet": "a"}, after={"fleet": "b"})
    )
    ledger.end(number, None, Outcome.FAILED, "it does not load")
    assert run(["deploy", "history"]) == 0
    assert "faster marts" in capsys.readouterr().out
    assert run(["deploy", "show", str(number)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"deployment {number} of fleet: failed after ")
    assert "  cause: it does not load" in lines
    assert "  fleet: a -> b" in lines
    assert run(["deploy", "show", str(number), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cause"] == "it does not load"


def test_the_status_tells_what_lies_on_disk_also_while_nothing_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["deploy", "status", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {row["unit"] for row in found["units"]} >= {"fleet", "meteorology", "operations"}
    assert all(row["served"] is None and row["on_disk"] for row in found["units"])
    assert found["unsettled"] == []


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.SUCCEEDED])
def test_only_what_needs_a_person_says_which_command_ends_it(outcome: Outcome) -> None:
    done = attempt(until(Phase.CODE, Phase.ROLLING_BACK), outcome, "it does not load")
    with pytest.raises(DeploymentError) as told:
        finish(done, as_json=True)
    way_out = "-> `dp deploy rollback 12` or `dp deploy resume 12`"
    assert (way_out in str(told.value)) == (outcome is Outcome.ROLLBACK_FAILED)
    assert len(str(told.value).splitlines()) == 1


def test_what_the_database_refuses_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str], ledger: Ledger, database: Database
) -> None:
    with database.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE platform.deployment RENAME TO elsewhere")
    try:
        assert run(["deploy", "history"]) == 1
    finally:
        with database.connect() as connection:
            connection.exec_driver_sql("ALTER TABLE platform.elsewhere RENAME TO deployment")
    assert capsys.readouterr().err.startswith("dp: the database refused: ")


def test_a_failed_rollback_whose_hold_was_released_is_nothing_to_settle(
    capsys: pytest.CaptureFixture[str], ledger: Ledger, holds: Holds
) -> None:
    number = ledger.begin(Asked(("fleet",), "local", "jana@host", "faster marts", after={"fleet": "b"}))
    [hold] = holds.acquire(["fleet"], reason="x", owner="x", deployment=str(number))
    assert holds.to_applying([hold.id])
    ledger.take(number, hold.id)
    ledger.end(number, hold.id, Outcome.ROLLBACK_FAILED, "twice")
    hint = f"`dp deploy rollback {number}` goes back"
    assert run(["deploy", "show", str(number)]) == 0
    assert hint in capsys.readouterr().out
    holds.release(hold.id)
    assert run(["deploy", "show", str(number)]) == 0
    assert hint not in capsys.readouterr().out
