"""Alignment of a DuckDB file: schemas and views, whole or not at all."""

from pathlib import Path

import duckdb
import pytest

from data_platform.errors import UsageError
from data_platform.schema.align import AlignError, AlignPlan, Files, apply_alignment, apply_plan, plan_alignment
from data_platform.schema.errors import DatabaseError
from tests.schema.align_process import started
from tests.schema.aligning import steps

TEXT = """
schemas: [{name: Marts}]
views:
  - {name: marts.by_month, definition: "select month, count(*) as days from marts.by_day group by month"}
  - {name: marts.by_day, comment: "it's", definition: "select 1 as day, 2 as month -- the first"}
"""


class Aligned:
    """A DuckDB file that is aligned."""

    def __init__(self, file: Path, folder: Path) -> None:
        self.file, self.url, self.folder = file, f"duckdb:///{file}", folder
        self.files = Files([folder], {})

    def write(self, text: str) -> None:
        (self.folder / "desired.yaml").write_text(text)

    def plan(self, text: str) -> AlignPlan:
        self.write(text)
        return plan_alignment(self.url, self.files)

    def settle(self, text: str, *allow: str) -> list[str]:
        self.write(text)
        done = steps(apply_alignment(self.url, self.files, allow=allow))
        assert self.plan(text).steps == ()
        return done

    def run(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.file)) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def aligned(duckdb_file: Path, tmp_path: Path) -> Aligned:
    folder = tmp_path / "alignment"
    folder.mkdir()
    return Aligned(duckdb_file, folder)


def test_everything_is_made_in_order_and_stays(aligned: Aligned):
    made = ["create schema marts", "create view marts.by_day", "create view marts.by_month"]
    assert aligned.settle(TEXT) == made
    assert aligned.run("SELECT * FROM marts.by_month") == [(2, 1)]
    other = TEXT.replace("select month, count(*)", "SELECT  month, COUNT( * ) /* all */")
    assert aligned.plan(other).steps == ()


def test_a_plan_does_not_make_the_file(aligned: Aligned):
    assert len(aligned.plan(TEXT).steps) == 3
    assert not aligned.file.exists()


def test_a_changed_view_is_replaced_and_keeps_its_comment(aligned: Aligned):
    aligned.settle(TEXT)
    assert aligned.settle(TEXT.replace("1 as day,", "'x' as name,")) == ["replace view marts.by_day"]
    assert aligned.run("SELECT comment FROM duckdb_views() WHERE view_name = 'by_day'") == [("it's",)]


def test_a_view_is_renamed_dropped_adopted_and_released(aligned: Aligned):
    aligned.settle(TEXT)
    aligned.run("CREATE VIEW marts.by_hand AS SELECT 1 AS x")
    text = """
views:
  - {name: marts.per_month, renamed_from: marts.by_month, definition: "select 1 as x"}
  - {name: marts.by_day, deleted: true}
  - {name: marts.by_hand, adopt: true, definition: "select 1 as x"}
"""
    with pytest.raises(AlignError, match="--allow drop"):
        aligned.settle(text)
    assert aligned.settle(text, "drop") == [
        "rename view marts.by_month to marts.per_month",
        "adopt view marts.by_hand",
        "replace view marts.per_month",
        "drop view marts.by_day",
    ]
    assert aligned.settle("views: [{name: marts.by_hand, released: true}]") == ["release view marts.by_hand"]
    assert aligned.run("SELECT x FROM marts.by_hand") == [(1,)]


def test_what_somebody_changed_by_hand_is_shown(aligned: Aligned):
    aligned.settle(TEXT)
    aligned.run("DROP VIEW marts.by_month; CREATE OR REPLACE VIEW marts.by_day AS SELECT 3 AS day, 4 AS month")
    assert steps(aligned.plan(TEXT)) == [
        "replace view marts.by_day",
        "alter view marts.by_day",
        "create view marts.by_month",
    ]


def test_what_is_there_must_be_adopted_and_tables_are_no_views(aligned: Aligned):
    aligned.run("CREATE SCHEMA marts; CREATE VIEW marts.v AS SELECT 1; CREATE TABLE marts.t (x int)")
    with pytest.raises(AlignError, match=r"desired.yaml:1: view marts\.v is there already"):
        aligned.plan("views: [{name: marts.v, definition: select 1}]")
    with pytest.raises(AlignError, match=r"view marts\.t cannot be made: there is a table"):
        aligned.plan("views: [{name: marts.t, adopt: true, definition: select 1}]")
    with pytest.raises(AlignError, match=r"schema marts cannot be dropped: it holds table marts\.t; it holds view"):
        aligned.plan("schemas: [{name: marts, adopt: true, deleted: true}]")


def test_the_main_schema_is_there_in_any_case(aligned: Aligned):
    assert aligned.settle("views: [{name: main.v, definition: select 1 as x}]") == ["create view main.v"]


def test_a_definition_that_fails_is_told_with_its_place(aligned: Aligned):
    with pytest.raises(UsageError, match=r"desired.yaml:4: view marts\.by_month: .*nothing"):
        aligned.plan(TEXT.replace("select month,", "select nothing,"))
    assert not aligned.file.exists()


def test_a_step_that_fails_leaves_nothing(aligned: Aligned):
    aligned.settle(TEXT)
    made = aligned.plan(TEXT + "  - {name: marts.third, definition: select 3 as x}\n")
    broken = made.__class__(**{**made.__dict__, "steps": (*made.steps, _failing(made))})
    with pytest.raises(DatabaseError, match=r"create view marts\.third"):
        apply_plan(aligned.url, broken)
    assert steps(aligned.plan(TEXT + "  - {name: marts.third, definition: select 3 as x}\n")) == [
        "create view marts.third"
    ]


def test_a_saved_plan_is_refused_when_the_file_has_changed(aligned: Aligned):
    made = aligned.plan(TEXT)
    apply_plan(aligned.url, made)
    with pytest.raises(AlignError, match="has changed"):
        apply_plan(aligned.url, made)
    assert aligned.plan(TEXT).steps == ()


def test_a_file_in_use_is_told_with_its_user(aligned: Aligned):
    aligned.write(TEXT)
    with duckdb.connect(str(aligned.file)):
        output, _ = started(aligned.url, aligned.folder).communicate(timeout=60)
    assert "the file is in use by process" in output
    assert aligned.settle(TEXT)


@pytest.mark.slow
def test_an_alignment_that_is_killed_at_any_point_leaves_all_or_nothing(aligned: Aligned):
    aligned.write(TEXT)
    at, there = 0, []
    while True:
        at += 1
        process = started(aligned.url, aligned.folder, kill_at=at)
        output, _ = process.communicate(timeout=60)
        if process.returncode == 0:
            break
        assert process.returncode == -9, output
        views = aligned.run("SELECT view_name FROM duckdb_views() WHERE NOT internal")
        assert len(views) in (0, 2)
        there.append(bool(views))
    assert there == sorted(there)
    assert not all(there)
    assert aligned.plan(TEXT).steps == ()


def _failing(plan: AlignPlan) -> object:
    return plan.steps[0].__class__(
        "create view", "marts.third", ("CREATE VIEW marts.third AS SELECT 1",), (), None, "again"
    )
