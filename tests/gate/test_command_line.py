"""`dp hold`, as a person on call uses it."""

import json
import os
import re
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_platform.cli.main import run
from data_platform.errors import UsageError
from data_platform.gate import Holds, Phase, Scope
from data_platform.gate.duration import read_duration, write_duration
from data_platform.instance.connections import Database
from tests.end_to_end.live import until
from tests.gate.conftest import HOME
from tests.gate.rows_of_runs import add_run, let_pass


@pytest.fixture(autouse=True)
def _this_database(holds: Holds, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_POSTGRES_URL", url)
    monkeypatch.setenv("DATA_PLATFORM_STATE", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")


class Terminal:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *arguments: str, exit_code: int = 0) -> str:
        code = run(["hold", *arguments])
        said = self.capsys.readouterr()
        assert code == exit_code, said
        return said.out if code == 0 else said.err

    def json(self, *arguments: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self(*arguments, "--json"))
        return found


@pytest.fixture
def dp_hold(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


def test_a_hold_is_taken_listed_extended_and_released(dp_hold: Terminal, holds: Holds, database: Database) -> None:
    add_run(database, "fleet", "STARTED")
    said = dp_hold("take", "--unit", "fleet", "--reason", "new disk", "--for", "1h", "--link", "https://example.org/1")
    assert said.startswith("hold ")
    assert "on fleet lasts until" in said
    assert "runs in flight: 1, runs that wait: 0" in said

    [row] = dp_hold.json("list")
    assert (row["scope"], row["phase"], row["reason"]) == ("fleet", "draining", "new disk")
    assert (row["in_flight"], row["waiting"], row["link"]) == (1, 0, "https://example.org/1")
    assert "new disk" in dp_hold("list")

    let_pass(database, 59 * 60)
    dp_hold("extend", str(row["hold"]), "--for", "10m")
    let_pass(database, 9 * 60)
    assert holds.live().holds
    assert dp_hold("release", str(row["hold"])) == f"hold {row['hold']} on fleet was released; runs that wait: 0\n"
    assert dp_hold("list") == "nothing is held\n"
    assert dp_hold.json("list") == []


def test_a_second_hold_is_refused_in_one_line_that_names_the_first(dp_hold: Terminal, holds: Holds) -> None:
    dp_hold("take", "--all", "--reason", "upgrade", "--owner", "jana")
    said = dp_hold("take", "--unit", "fleet", "--reason", "mine", exit_code=1)
    assert said.startswith("dp: everything is held by jana (upgrade): hold ")
    assert said.count("\n") == 1
    assert "docs/errors.md#holds" in said
    assert len(holds.standing().holds) == 1


def test_several_units_are_held_at_once(dp_hold: Terminal) -> None:
    taken = dp_hold.json("take", "--unit", "operations", "--unit", "fleet", "--reason", "both")
    assert [row["scope"] for row in taken] == ["fleet", "operations"]
    dp_hold("release", *(str(row["hold"]) for row in taken))
    assert dp_hold.json("list") == []


def test_what_is_being_applied_is_released_by_force_only(dp_hold: Terminal, holds: Holds) -> None:
    [row] = dp_hold.json("take", "--unit", "fleet", "--reason", "a deployment", "--owner", "ci")
    assert holds.to_applying([row["hold"]])
    said = dp_hold("release", str(row["hold"]), exit_code=1)
    assert "is applying: ci is changing something (a deployment)" in said
    assert holds.get(row["hold"]).phase == Phase.APPLYING
    dp_hold("release", str(row["hold"]), "--force")
    assert not holds.live().holds


def test_a_hold_under_which_a_change_begins_meanwhile_is_not_released(
    dp_hold: Terminal, holds: Holds, database: Database
) -> None:
    [row] = dp_hold.json("take", "--unit", "fleet", "--reason", "a deployment", "--owner", "ci")
    begins = threading.Event()

    def change() -> None:
        with database.transaction() as connection:
            connection.exec_driver_sql("LOCK TABLE platform.hold IN SHARE ROW EXCLUSIVE MODE")
            begins.set()
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'platform.hold'::regclass"
            until(lambda: connection.exec_driver_sql(waiting).scalar(), 30)  # the release has looked, and waits
            connection.exec_driver_sql("UPDATE platform.hold SET phase = 'applying'")

    changing = threading.Thread(target=change)
    changing.start()
    assert begins.wait(30)
    assert "is applying: ci is changing something" in dp_hold("release", str(row["hold"]), exit_code=1)
    changing.join(30)
    assert holds.get(row["hold"]).phase == Phase.APPLYING


def test_an_abandoned_hold_is_shown_as_such(dp_hold: Terminal, holds: Holds, database: Database) -> None:
    [row] = dp_hold.json("take", "--unit", "fleet", "--reason", "a deployment")
    assert holds.to_applying([row["hold"]])
    let_pass(database, 3600)
    assert dp_hold.json("list")[0]["phase"] == "abandoned"


def test_a_hold_of_which_the_runs_that_wait_cannot_be_told_is_not_taken(
    dp_hold: Terminal, holds: Holds, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(HOME))
    add_run(database, "fleet")  # Dagster cannot read this row
    with pytest.raises(json.JSONDecodeError):
        dp_hold("take", "--unit", "fleet", "--reason", "new disk")
    assert not holds.standing().holds


def test_a_user_without_a_name_is_named_by_his_number(dp_hold: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 54321)  # as in a container that is given a user's number only
    dp_hold("take", "--unit", "fleet", "--reason", "new disk")
    assert dp_hold.json("list")[0]["owner"].startswith("54321@")


def test_an_expired_hold_is_not_extended(dp_hold: Terminal, database: Database) -> None:
    [row] = dp_hold.json("take", "--unit", "fleet", "--reason", "quick", "--for", "30s")
    let_pass(database, 31)
    assert "has expired" in dp_hold("extend", str(row["hold"]), exit_code=1)


def test_who_waits_is_told_for_whom(
    dp_hold: Terminal, holds: Holds, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    [hold] = holds.acquire(["fleet"], reason="first", owner="ali", life=timedelta(seconds=2))
    assert run(["hold", "take", "--unit", "fleet", "--reason", "second", "--wait", "20s"]) == 0
    said = capsys.readouterr()
    assert said.err == f"waiting for hold {hold.id} on fleet\n"
    assert [hold.reason for hold in holds.live().holds] == ["second"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["take", "--unit", "fleet"], "Missing option '--reason'"),
        (["take", "--reason", "x"], "say what to hold: units, or everything"),
        (["take", "--reason", "x", "--all", "--unit", "fleet"], "say what to hold: units, or everything"),
        (["take", "--reason", " ", "--all"], "--reason is empty"),
        (["take", "--reason", "K\udcf6ln", "--all"], r"the argument 'K\udcf6ln' is not in UTF-8"),
        (["take", "--reason", "x", "--unit", "flet"], "there is no unit 'flet' -> use one of: data_platform, fleet"),
        (["take", "--reason", "x", "--all", "--for", "soon"], "'soon' is no span of time"),
        (["take", "--reason", "x", "--all", "--wait", "99d"], "'99d' is not between 1 second and 30 days"),
        (["extend", "seven"], "'seven' is no number of a hold"),
        (["release", "1", "-1"], "No such option"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(dp_hold: Terminal, holds: Holds, arguments: list[str], said: str) -> None:
    answer = dp_hold(*arguments, exit_code=2)
    assert said in answer
    assert answer.count("\n") == 1
    assert not holds.standing().holds


def test_a_build_without_the_platform_is_refused_while_its_unit_is_held(
    dp_hold: Terminal, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(HOME))
    dp_hold("take", "--unit", "fleet", "--reason", "new disk", "--owner", "jana")
    assert run(["unit", "build", "fleet"]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert re.match(r"dp: fleet is not built now: hold \d+ on fleet \(jana\): new disk -> wait until", said), said


def test_a_number_that_is_no_hold_is_told(dp_hold: Terminal) -> None:
    assert "there is no hold 4711" in dp_hold("release", "4711", exit_code=1)


def test_the_waiting_runs_are_counted(dp_hold: Terminal, holds: Holds, database: Database) -> None:
    for status in ("QUEUED", "QUEUED", "STARTED", "SUCCESS"):
        add_run(database, "fleet", status)
    add_run(database, "operations", "QUEUED")
    assert len(holds.waiting(Scope("fleet"))) == 2
    assert len(holds.waiting(Scope("*"))) == 3


@given(st.integers(1, 30 * 86400))
def test_a_span_is_read_as_it_is_written(seconds: int) -> None:
    assert read_duration(write_duration(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


@given(st.text(max_size=20) | st.from_regex(r"\d{1,20}[dhms]?", fullmatch=True))
def test_whatever_is_written_is_a_span_or_told(text: str) -> None:
    try:
        span = read_duration(text)
    except UsageError as error:
        assert error.fix
    else:
        assert timedelta(0) < span <= timedelta(days=30)


def test_a_command_runs_while_nothing_does_and_the_hold_ends_with_it(
    dp_hold: Terminal, holds: Holds, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    program = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])"
    odd = "a b; $(rm -rf /) 'c'"
    dp_hold("during", "--unit", "fleet", "--reason", "image 1.4", "--", sys.executable, "-c", program, str(seen), odd)
    assert seen.read_text() == odd, "no shell has seen it"
    assert not holds.standing().holds


def test_a_command_that_fails_leaves_the_hold_and_one_line_that_says_how_to_end_it(
    dp_hold: Terminal, holds: Holds
) -> None:
    said = dp_hold(
        "during", "--unit", "fleet", "--reason", "image 1.4", "--", sys.executable, "-c", "exit(3)", exit_code=1
    )
    [hold] = holds.standing().holds
    assert (hold.phase, hold.reason) == (Phase.APPLYING, "image 1.4")
    assert (
        f"ended with exit code 3, so the runs wait on -> put it right, then `dp hold release {hold.id} --force`" in said
    )
    dp_hold("release", str(hold.id), "--force")
    assert "cannot be run" in dp_hold(
        "during", "--unit", "fleet", "--reason", "x", "--", "no-such-program", exit_code=1
    )


def test_a_command_is_not_run_while_runs_are_in_flight(
    dp_hold: Terminal, holds: Holds, database: Database, tmp_path: Path
) -> None:
    add_run(database, "fleet", "STARTED")
    seen = tmp_path / "seen"
    call = ("during", "--unit", "fleet", "--reason", "image 1.4", "--drain-limit", "1s", "--", "touch", str(seen))
    assert "runs were still in flight after 1 s (1), so nothing was changed" in dp_hold(*call, exit_code=1)
    assert not seen.exists()
    assert not holds.standing().holds
