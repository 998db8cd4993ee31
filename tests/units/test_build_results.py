"""The order in which units are built, and the summary of what came of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_platform.units.build import BuildResult, build_order, totals

names = st.sampled_from("abcdefgh")
reading = st.dictionaries(names, st.sets(names, max_size=4), max_size=8)


@given(reading)
def test_every_unit_is_built_once_and_after_what_it_reads_unless_they_read_each_other(
    reads: dict[str, set[str]],
) -> None:
    waves = build_order(reads)
    built = [unit for wave in waves for unit in wave]
    assert sorted(built) == sorted(reads)
    before: set[str] = set()
    for number, wave in enumerate(waves):
        for unit in wave:
            late = reads[unit] & set(reads) - before - {unit}
            # only units of a circle wait for nobody, and they come last
            assert not late or (number == len(waves) - 1 and late <= set(wave))
        before |= set(wave)


def test_units_that_do_not_read_each_other_are_built_at_once() -> None:
    reads = {"operations": ["fleet", "meteorology"], "fleet": [], "meteorology": ["nobody_here"]}
    assert build_order(reads) == [["fleet", "meteorology"], ["operations"]]


def test_partitions_of_one_asset_count_once_with_the_rows_of_its_table() -> None:
    result = BuildResult("shop", status="success")
    for rows in (10, 20, None):
        result.materialized("shop/marts/daily", rows)
    result.materialized("shop/marts/view", None)
    assert (result.as_row()["assets"], result.as_row()["rows"]) == (2, 20)


def test_checks_are_counted_by_verdict() -> None:
    result = BuildResult("shop")
    for passed, severity in ((True, "ERROR"), (True, "WARN"), (False, "WARN"), (False, "ERROR"), (False, "error")):
        result.checked(passed=passed, severity=severity)
    assert (result.passed, result.warned, result.failed) == (2, 1, 2)


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("dagster._core.definitions.events.Failure: dbt: a.sql: a:\n  no", "dbt: a.sql: a: no"),
        ("data_platform.dbt.project.DbtError: dbt_projects/shop: gone -> fix", "dbt_projects/shop: gone -> fix"),
        ("builtins.ValueError: x", "ValueError: x"),
        ("plain words", "plain words"),
    ],
)
def test_the_first_failure_is_the_cause_in_one_line_for_people(message: str, cause: str) -> None:
    result = BuildResult("shop")
    result.broke(message)
    result.broke("a later one")
    assert result.cause == cause


def test_the_last_row_adds_up_and_fails_with_any_of_them() -> None:
    good = BuildResult("a", status="success", assets={"a/x": 3}, passed=2)
    bad = BuildResult("b", status="failure", assets={"b/y": 4}, failed=1)
    assert totals([good], 1.0)["status"] == "success"
    total = totals([good, bad], 2.04)
    assert total["status"] == "failure"
    assert (total["assets"], total["rows"], total["checks_passed"], total["checks_failed"]) == (2, 7, 2, 1)
    assert total["seconds"] == 2.0
