"""What two versions of the code agree on."""

from hypothesis import given
from hypothesis import strategies as st

from data_platform.requeue.plan import Plan, Step, difference, narrowed, plan

KEYS = st.sampled_from(["stay", "work[?]", "count", "fleet__marts__routes", "x"])
STEPS = st.builds(
    Step, KEYS, st.frozensets(st.sampled_from(["fleet/a", "fleet/b:unique"])), st.sampled_from([None, "duckdb_fleet"])
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    steps = draw(st.lists(STEPS, min_size=1, unique_by=lambda step: step.key))
    chosen = draw(st.sets(st.sampled_from([step.key for step in steps])))
    return plan(steps, chosen)


@given(plans())
def test_a_plan_does_not_differ_from_itself(made: Plan) -> None:
    assert difference(made, plan(made.steps.values())) == ""


@given(plans(), plans())
def test_what_does_not_differ_can_execute_the_same_steps(made: Plan, now: Plan) -> None:
    whole = plan(now.steps.values())
    same = not difference(made, whole)
    assert same == (
        all(whole.step(key) == made.step(key) for key in made.chosen)
        and (not made.is_whole or set(whole.steps) == set(made.steps))
    )
    if same:
        assert whole.still(made.chosen) == made.chosen


@given(plans(), plans())
def test_every_step_that_differs_is_named_if_they_are_few(made: Plan, now: Plan) -> None:
    said = difference(made, now)
    for key in made.chosen - set(now.steps):
        assert key in said


def test_a_step_that_a_run_made_of_another_is_found_by_that() -> None:
    now = plan([Step("work[?]"), Step("count")])
    assert difference(plan([Step("work[?]"), Step("count")], ["count"]), now) == ""
    assert now.still(["work[3]", "gone[3]", "count"]) == {"work[3]", "count"}


def test_a_pool_or_an_asset_that_differs_is_a_change() -> None:
    made = plan([Step("a", frozenset({"fleet/a"}), "old"), Step("b"), *(Step(f"s{i}") for i in range(7))])
    now = plan([Step("a", frozenset({"fleet/a"}), "new"), Step("b", frozenset({"fleet/b"}))])
    assert difference(made, now) == "gone: s0, s1, s2, s3, s4 and 2 more; changed: a, b"
    assert difference(plan([Step("a")], fixed="1"), plan([Step("a")], fixed="2")) == "made with other metadata: all"


@given(st.none() | st.frozensets(st.integers()), st.frozensets(st.integers()))
def test_nothing_comes_into_a_selection_and_everything_stays_everything(
    chosen: frozenset[int] | None, known: frozenset[int]
) -> None:
    left = narrowed(chosen, known)
    assert (left is None) == (chosen is None)
    if left is not None and chosen is not None:
        assert left <= chosen
        assert left <= known
        assert not (chosen - left) & known
