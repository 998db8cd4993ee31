"""Where deployments stand in line, and how long that is said to take."""

import json
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_platform.cli.main import run
from data_platform.deployments.deployment import Asked, Deployment
from data_platform.deployments.estimate import about
from data_platform.deployments.in_line import Waiting, turns
from data_platform.deployments.ledger import Ledger
from data_platform.deployments.phases import Outcome, Phase
from data_platform.deployments.turn import Turn, turn_of
from data_platform.gate import Hold, Holds, Scope
from data_platform.gate import Phase as HoldPhase
from tests.deployments.attempts import ASKED, BEGAN, FORWARD, attempt, until

NOW = BEGAN + timedelta(hours=2)
HELD = len(FORWARD) - 2  # phases that hold


def hold(number: int, *scopes: str, by: int | None = None, held: float | None = None, ends: float = 60) -> list[Hold]:
    """Holds asked for together, of a deployment or by hand; held for so many seconds, or in line."""
    first = Hold(
        number,
        str(uuid.uuid4()),
        Scope(scopes[0]),
        HoldPhase.WAITING if held is None else HoldPhase.DRAINING,
        "reason",
        "jana@host",
        NOW,
        NOW + timedelta(seconds=ends),
        held_since=None if held is None else NOW - timedelta(seconds=held),
        deployment=str(by) if by else None,
    )
    return [replace(first, id=number + n, scope=Scope(scope)) for n, scope in enumerate(scopes)]


def past(number: int, *units: str, seconds: float, outcome: Outcome = Outcome.SUCCEEDED) -> Deployment:
    """A deployment that held for so many seconds."""
    asked = replace(ASKED, units=units)
    return attempt(FORWARD, outcome, id=number, asked=asked, seconds=seconds / HELD)


def going(number: int, *units: str) -> Deployment:
    return attempt(until(Phase.WAITING), None, id=number, asked=replace(ASKED, units=units))


def test_what_is_before_it_takes_as_long_as_the_last_deployments_of_the_same_units_did() -> None:
    history = [
        *(going(9, "fleet"), going(8, "fleet", "meteorology"), going(7, "fleet")),
        *(past(6, "fleet", seconds=s) for s in (100, 30, 60)),
        past(5, "fleet", "meteorology", seconds=300),
        past(4, "fleet", seconds=9000, outcome=Outcome.ROLLBACK_FAILED),
    ]
    line = [
        *hold(10, "fleet", by=7, held=20),
        *hold(11, "fleet", "meteorology", by=8),
        *hold(13, "fleet", by=9),
        *hold(14, "operations", held=5, ends=4000),
    ]
    assert turn_of(8, line, NOW, history) == Turn({"fleet": 1, "meteorology": 1}, pytest.approx(40))
    turn = turn_of(9, line, NOW, history)
    assert turn == Turn({"fleet": 2}, pytest.approx(340))
    assert str(turn) == "2nd in line; about 6 min"
    assert turn_of(7, line, NOW, history) is None  # it holds
    assert turn_of(4711, line, NOW, history) is None


def test_without_a_past_there_is_no_estimate_yet() -> None:
    line = [*hold(1, "fleet", by=1, held=5), *hold(2, "fleet", by=2)]
    assert str(turn_of(2, line, NOW, [going(2, "fleet"), going(1, "fleet")])) == "1st in line; no estimate yet"
    other = past(3, "operations", seconds=65)
    turn = turn_of(2, line, NOW, [going(2, "fleet"), going(1, "fleet"), other])
    assert str(turn) == "1st in line; about 1 min"


def test_a_hold_by_hand_lasts_until_it_expires_and_one_in_line_as_long_as_its_taker_likes() -> None:
    line = [*hold(1, "fleet", held=5, ends=1700), *hold(2, "fleet", by=2)]
    assert str(turn_of(2, line, NOW, [])) == "1st in line; about 29 min"
    assert str(turn_of(3, [*hold(1, "fleet"), *hold(3, "fleet", by=3)], NOW, [])) == "2nd in line; no estimate yet"


def test_what_waits_for_a_person_is_named() -> None:
    [held] = hold(7, "fleet", by=1, held=500, ends=-400)
    line = [replace(held, phase=HoldPhase.APPLYING), *hold(8, "*", by=2)]
    turn = turn_of(2, line, NOW, [past(1, "fleet", seconds=60)])
    assert str(turn) == "1st in line; no estimate: hold 7 on fleet waits for a person"
    assert turn
    assert turn.places == {"everything": 1}


def test_an_older_deployment_of_the_same_units_gives_way() -> None:
    line = [*hold(1, "fleet", by=1), *hold(2, "fleet", by=2), *hold(3, "fleet", "operations", by=3)]
    assert turn_of(2, line, NOW, []) == Turn({"fleet": 1}, 0.0)
    assert turn_of(1, line, NOW, []) is None
    turn = turn_of(3, line, NOW, [past(9, "x", seconds=10)])
    assert turn
    assert (turn.places, turn.place) == ({"fleet": 2, "operations": 1}, 2)


SCOPES = st.lists(st.sampled_from(["fleet", "meteorology", "operations", "*"]), min_size=1, max_size=2, unique=True)


@given(st.lists(SCOPES, min_size=1, max_size=6))
def test_nobody_s_turn_comes_before_that_of_whom_he_waits_for(asked: list[list[str]]) -> None:
    line = [each for n, scopes in enumerate(asked) for each in hold(10 * n + 1, *scopes, by=n + 1)]
    history = [past(100, "x", seconds=10)]
    found = [turn_of(n + 1, line, NOW, history) for n in range(len(asked))]
    for n, turn in enumerate(found):
        superseded = any(set(later) == set(asked[n]) for later in asked[n + 1 :])
        assert (turn is None) == superseded
        if turn is None:
            continue
        before = [
            other
            for other, scopes in zip(found[:n], asked, strict=False)
            if other and ("*" in scopes or "*" in asked[n] or set(scopes) & set(asked[n]))
        ]
        assert turn.seconds == pytest.approx(max(((other.seconds or 0) + 10 for other in before), default=0))
        assert turn.place <= len(before) + 1


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "no estimate yet"),
        (0, "any moment now"),
        (1, "about 10 s"),
        (41, "about 50 s"),
        (51, "about 1 min"),
        (61, "about 2 min"),
        (3600, "about 60 min"),
        (9000, "about 2 h"),
    ],
)
def test_an_estimate_is_said_as_people_do(seconds: float | None, said: str) -> None:
    assert about(seconds) == said


@pytest.mark.parametrize(("place", "said"), [(1, "1st"), (3, "3rd"), (4, "4th"), (12, "12th"), (22, "22nd")])
def test_a_place_is_said_as_people_do(place: int, said: str) -> None:
    assert str(Turn({"fleet": place}, 0)).startswith(f"{said} in line; ")


def test_who_waits_is_told_when_the_place_changes_and_the_status_says_it(
    ledger: Ledger, holds: Holds, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_PLATFORM_POSTGRES_URL", ledger.database.url)
    before, number = (
        ledger.begin(Asked(("fleet",), "local", "jana@host", reason), Phase.WAITING) for reason in ("one", "two")
    )
    [first] = holds.acquire(["fleet"], reason="disk", owner="x")
    [earlier, _] = holds.ask(["fleet", "operations"], reason="x", owner="x", deployment=str(before))
    holds.ask(["fleet"], reason="x", owner="x", deployment=str(number))
    told: list[str] = []
    waiting = Waiting(ledger, number, told.append)
    for _ in range(3):
        waiting.look(holds.standing())
    assert told == ["2nd in line; no estimate yet"]

    assert run(["deploy", "status", "--json"]) == 0
    found = {each["deployment"]: each["turn"] for each in json.loads(capsys.readouterr().out)["unsettled"]}
    assert found[number] == {"place": 2, "places": {"fleet": 2}, "seconds": None, "stuck": None}
    assert found[before]["place"] == 1
    assert run(["deploy", "status"]) == 0
    assert "  2nd in line; no estimate yet" in capsys.readouterr().out.splitlines()

    holds.withdraw(earlier.request)
    waiting.look(holds.standing())
    assert told[1:] == ["1st in line; about 1 min"]
    holds.release(first.id)
    ledger.end(number, None, Outcome.FAILED, "x")
    assert turns(holds, ledger, [ledger.get(number)]) == {}
