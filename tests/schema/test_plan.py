"""What a deploy decides, from a changelog and a history alone."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_platform.schema.changes import Sql, TagDatabase
from data_platform.schema.changeset import Changelog, Changeset, Identity, Rollback
from data_platform.schema.errors import SchemaError, ValidationError
from data_platform.schema.expressions import Selection
from data_platform.schema.history import History, Ran
from data_platform.schema.plan import make_plan, refuse_edits
from data_platform.schema.rollback_plan import Until, plan_rollback
from data_platform.schema.step import RUNS, State

NOW = datetime(2026, 1, 1)


def changeset(name: str, text: str = "select 1", **more: object) -> Changeset:
    identity = Identity("v.sql", name, "a")
    return Changeset(identity, (Sql(text),), Path("v.sql"), int(name) if name.isdigit() else 1, **more)  # type: ignore[arg-type]


def ran(one: Changeset, order: int = 1, **more: object) -> Ran:
    return Ran(one.identity, one.checksum, order, "EXECUTED", NOW)._replace(**more)


def state(one: Changeset, *rows: Ran, selection: Selection | None = None) -> State:
    (step,) = make_plan(Changelog((one,)), History(rows), selection or Selection()).steps
    assert step.reason
    return step.state


def test_what_has_not_run_is_new_and_what_ran_is_deployed() -> None:
    one = changeset("1")
    assert state(one) is State.NEW
    assert state(one, ran(one)) is State.DEPLOYED


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, State.EDITED),
        ({"run_on_change": True}, State.CHANGED),
        ({"run_always": True}, State.ALWAYS),
        ({"valid_checksums": ("ANY",)}, State.DEPLOYED),
        ({"valid_checksums": ("1:any",)}, State.DEPLOYED),
        ({"valid_checksums": ("9:nope",)}, State.EDITED),
        ({"valid_checksums": ("ANY",), "run_on_change": True}, State.CHANGED),
        ({"ignore": True}, State.IGNORED),
        ({"dbms": ("snowflake",)}, State.FILTERED),
        ({"contexts": "@prod"}, State.FILTERED),
    ],
)
def test_an_edit_counts_by_what_the_changeset_says(more: dict[str, object], expected: State) -> None:
    assert state(changeset("1", "select 2", **more), ran(changeset("1", "select 1"))) is expected


def test_an_edit_is_refused_with_both_sums_before_anything_runs() -> None:
    old, new = changeset("1", "select 1"), changeset("1", "select 2")
    plan = make_plan(Changelog((new, changeset("2"))), History([ran(old)]), Selection())
    with pytest.raises(ValidationError, match=f"was: {old.checksum} but is now: {new.checksum}"):
        refuse_edits(plan)


def test_a_sum_of_version_8_or_a_cleared_one_is_rewritten_without_running() -> None:
    one = changeset("1")
    for stored in (one.checksums(8)[0], None):
        (step,) = make_plan(Changelog((one,)), History([ran(one, checksum=stored)]), Selection()).steps
        assert (step.state, step.new_checksum) == (State.DEPLOYED, one.checksum)


def test_the_same_id_for_two_databases_is_no_duplicate() -> None:
    both = Changelog((changeset("1", dbms=("postgresql",)), changeset("1", "select 2", dbms=("snowflake",))))
    for dbms, runs in (("postgresql", [True, False]), ("snowflake", [False, True])):
        assert [step.runs for step in make_plan(both, History([]), Selection(dbms=dbms)).steps] == runs


def test_ids_that_differ_in_case_only_are_refused() -> None:
    with pytest.raises(ValidationError, match="differ in case only"):
        make_plan(Changelog((changeset("x"), changeset("X"))), History([]), Selection())


def test_a_row_is_found_under_the_name_that_another_liquibase_gave_the_file() -> None:
    one = replace(changeset("1"), other_file="real.sql")
    assert state(one, ran(one, identity=Identity("real.sql", "1", "a"))) is State.DEPLOYED
    assert state(one, ran(one, identity=Identity("classpath:v.sql", "1", "a"))) is State.DEPLOYED


@given(st.lists(st.sampled_from(["select 1", "select 2"]), max_size=8), st.data())
def test_after_a_deploy_nothing_is_left_to_do(texts: list[str], data: st.DataObject) -> None:
    changesets = [
        changeset(
            str(number),
            text,
            run_on_change=data.draw(st.booleans()),
            run_order=data.draw(st.sampled_from([None, "first", "last"])),
        )
        for number, text in enumerate(texts, 1)
    ]
    rows = [ran(each, order) for order, each in enumerate(changesets, 1) if data.draw(st.booleans())]
    plan = make_plan(Changelog(tuple(changesets)), History(rows), Selection())
    assert {step.changeset.identity for step in plan.to_run} == {each.identity for each in changesets} - {
        row.identity for row in rows
    }
    done = [*rows, *(ran(step.changeset, 100 + at) for at, step in enumerate(plan.to_run))]
    again = make_plan(Changelog(tuple(changesets)), History(done), Selection())
    assert not [step for step in again.steps if step.state in RUNS]


UNDO = Rollback((Sql("drop x"),))


def undone(changesets: list[Changeset], until: Until, **tags: str) -> list[str]:
    rows = [ran(each, order, tag=tags.get(f"t{order}")) for order, each in enumerate(changesets, 1)]
    return [undo.changeset.identity.id for undo in plan_rollback(Changelog(tuple(changesets)), History(rows), until)]


def test_a_rollback_goes_newest_first_as_far_as_it_is_asked() -> None:
    three = [changeset(str(number), rollback=UNDO) for number in (1, 2, 3)]
    assert undone(three, Until(count=2)) == ["3", "2"]
    assert undone(three, Until(tag="v"), t1="v") == ["3", "2"]
    assert undone(three, Until(date=datetime(2025, 1, 1))) == ["3", "2", "1"]
    assert undone(three, Until(date=datetime(2027, 1, 1))) == []


def test_a_changeset_that_sets_the_tag_goes_too_unless_it_says_that_it_stays() -> None:
    first, last = changeset("1", rollback=UNDO), changeset("3", rollback=UNDO)
    for stays, expected in ((False, ["3", "2"]), (True, ["3"])):
        tagging = replace(changeset("2"), changes=(TagDatabase("v", stays),))
        assert undone([first, tagging, last], Until(tag="v"), t2="v") == expected


def test_nothing_is_rolled_back_when_one_changeset_cannot_be() -> None:
    with pytest.raises(SchemaError, match="has no rollback"):
        undone([changeset("1"), changeset("2", rollback=UNDO)], Until(count=2))
