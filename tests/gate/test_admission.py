"""Who may start in spite of a hold."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_platform.gate import EVERYTHING, Hold, Phase, Scope
from data_platform.gate.admission import Ancestor, Claims, limits, parents_named, stopping

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
PLACES = ["fleet", "operations", ""]


def a_hold(scope: str = "fleet", phase: Phase = Phase.DRAINING, number: int = 7, seconds: int = 60) -> Hold:
    return Hold(number, "r", Scope(scope), phase, "a change", "jana", NOW, NOW + timedelta(seconds=seconds))


some_holds = st.builds(
    a_hold,
    st.sampled_from(["fleet", "operations", EVERYTHING]),
    st.sampled_from(list(Phase)),
    st.integers(1, 3),
    st.integers(-60, 60),
)
some_parents = st.lists(st.builds(Ancestor, st.sampled_from(PLACES), st.none() | st.integers(1, 3)), max_size=2)
some_claims = st.builds(Claims, st.none() | st.integers(1, 3), some_parents.map(tuple))


@given(st.lists(some_holds, max_size=3), st.sampled_from(PLACES))
def test_without_a_claim_a_run_starts_only_where_nothing_is_held(holds: list[Hold], place: str) -> None:
    held = [
        hold
        for hold in holds
        if (hold.phase == Phase.APPLYING or (hold.phase == Phase.DRAINING and hold.expires_at > NOW))
        and hold.scope in (EVERYTHING, place)
    ]
    assert (stopping(holds, place, Claims(), NOW) is None) == (not held)


@given(some_holds, st.sampled_from(PLACES), some_claims)
def test_while_changes_are_made_only_the_holder_s_runs_and_their_children_start(
    hold: Hold, place: str, claims: Claims
) -> None:
    if hold.phase == Phase.APPLYING and hold.scope.covers(place) and stopping([hold], place, claims, NOW) is None:
        assert hold.id in {claims.exempt_from, *(parent.exempt_from for parent in claims.parents)}


def test_a_child_starts_while_its_parent_is_waited_for() -> None:
    child = Claims(parents=(Ancestor("fleet"),))
    assert stopping([a_hold()], "fleet", child, NOW) is None
    assert stopping([a_hold(EVERYTHING)], "operations", child, NOW) is None
    # nobody waits for a parent outside the scope: its child can wait
    assert stopping([a_hold("operations")], "operations", child, NOW)
    assert stopping([a_hold(phase=Phase.APPLYING)], "fleet", child, NOW)


def test_an_exemption_is_from_one_hold() -> None:
    assert stopping([a_hold(number=7)], "fleet", Claims(exempt_from=7), NOW) is None
    assert stopping([a_hold(number=8)], "fleet", Claims(exempt_from=7), NOW)


@pytest.mark.parametrize(
    ("scope", "limit"), [("fleet", {"value": "fleet"}), (EVERYTHING, {})], ids=["a location", "everything"]
)
def test_a_live_hold_is_a_limit_of_nothing_that_says_who_holds(scope: str, limit: dict[str, str]) -> None:
    [found] = limits([a_hold(scope), a_hold(scope, seconds=-1)], NOW)
    shown = Scope(scope).shown
    expected = {"key": "data_platform/gate", "limit": 0, "held_by": f"hold 7 on {shown} (jana): a change"}
    assert found == expected | limit


def test_a_parent_is_named_by_the_operation_that_waits_or_by_dagster() -> None:
    assert parents_named({"data_platform/parent_run": "a", "dagster/parent_run_id": "b", "x": "c"}) == ["a", "b"]
    assert parents_named({}) == []
