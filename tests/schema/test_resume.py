"""Changesets that are not one transaction: what ran stays, is noted, and the next deploy goes on behind it."""

from pathlib import Path

import psycopg2
import pytest

from data_platform.schema.baseline import baseline
from data_platform.schema.changelog import load_changelog
from data_platform.schema.connecting import connect
from data_platform.schema.errors import ChangelogError, ChangesetError
from data_platform.schema.events import Event, Kind
from data_platform.schema.expressions import Selection
from tests.schema.databases import deploy_text, rows, sql, tables

HEAD = "--changeset a:bad runInTransaction:false\n"
BAD = (
    HEAD
    + "CREATE TABLE t1 (id int);\nINSERT INTO t1 VALUES (1);\n"
    + "INSERT INTO nope VALUES (1);\nINSERT INTO t1 VALUES (2);\n"
)


def progress(url: str) -> list[tuple[object, ...]]:
    return sql(url, "SELECT id, statements_done, statements_total, error FROM platform.schema_changesets")


def fails(url: str, folder: Path, text: str) -> str:
    with pytest.raises(ChangesetError) as raised:
        deploy_text(url, folder, text)
    return str(raised.value)


def test_what_ran_before_the_failure_stays_and_is_noted(url: str, tmp_path: Path) -> None:
    assert "nope" in fails(url, tmp_path, BAD)
    assert rows(url) == []
    assert sql(url, "SELECT id FROM t1") == [(1,)]
    ((id_, done, total, error),) = progress(url)
    assert (id_, done, total) == ("bad", 2, 4)
    assert "nope" in str(error)


def test_the_next_deploy_tries_the_statement_that_failed_and_nothing_before_it(url: str, tmp_path: Path) -> None:
    fails(url, tmp_path, BAD)
    # Liquibase's second try would stumble over t1, which is there
    assert "nope" in fails(url, tmp_path, BAD)
    sql(url, "CREATE TABLE nope (id int)")
    events: list[Event] = []
    deploy_text(url, tmp_path, BAD, events=events)
    assert [(event.kind, event.text) for event in events if event.kind is Kind.RESUMED] == [
        (Kind.RESUMED, "goes on after statement 2 of 4")
    ]
    assert sql(url, "SELECT id FROM t1 ORDER BY id") == [(1,), (2,)]
    assert rows(url) == [("bad", 1, "EXECUTED")]
    assert progress(url) == [("bad", None, None, None)]
    assert deploy_text(url, tmp_path, BAD).ran == ()


def test_the_statement_that_failed_may_be_corrected(url: str, tmp_path: Path) -> None:
    fails(url, tmp_path, BAD)
    deploy_text(url, tmp_path, BAD.replace("INSERT INTO nope VALUES (1)", "INSERT INTO t1 VALUES (7)"))
    assert sql(url, "SELECT id FROM t1 ORDER BY id") == [(1,), (2,), (7,)]
    assert rows(url) == [("bad", 1, "EXECUTED")]


def test_it_goes_on_in_one_transaction_when_that_is_wanted_by_then(url: str, tmp_path: Path) -> None:
    fails(url, tmp_path, BAD)
    sql(url, "CREATE TABLE nope (id int)")
    deploy_text(url, tmp_path, BAD.replace("runInTransaction:false", ""))
    assert sql(url, "SELECT id FROM t1 ORDER BY id") == [(1,), (2,)]


def test_what_already_ran_may_not_be_edited(url: str, tmp_path: Path) -> None:
    fails(url, tmp_path, BAD)
    text = BAD.replace("VALUES (1)", "VALUES (3)", 1)
    assert "2 of its statements ran before it came to a stop, and were edited since" in fails(url, tmp_path, text)
    assert sql(url, "SELECT id FROM t1") == [(1,)]


def test_the_author_can_have_it_rolled_back_first(url: str, tmp_path: Path) -> None:
    text = BAD.replace(HEAD, HEAD + "--resume: rollback\n") + "--rollback DROP TABLE IF EXISTS t1;\n"
    fails(url, tmp_path, text)
    sql(url, "CREATE TABLE nope (id int)")
    events: list[Event] = []
    # what ran may be edited then: it begins anew
    deploy_text(url, tmp_path, text.replace("VALUES (1)", "VALUES (3)", 1), events=events)
    assert [event.text for event in events if event.kind is Kind.RESUMED] == [
        "an earlier try is rolled back, then it begins anew"
    ]
    assert sql(url, "SELECT id FROM t1 ORDER BY id") == [(2,), (3,)]
    assert rows(url) == [("bad", 1, "EXECUTED")]


def test_resume_rollback_needs_a_rollback(url: str, tmp_path: Path) -> None:
    with pytest.raises(ChangelogError, match=r"v\.sql:2: .*bad.* has no rollback of its own"):
        deploy_text(url, tmp_path, BAD.replace(HEAD, HEAD + "--resume: rollback\n"))
    assert tables(url) == set()


def test_resume_is_read_above_the_sql_only(url: str, tmp_path: Path) -> None:
    text = HEAD + "CREATE TABLE t1 (text varchar(99));\nINSERT INTO t1 VALUES ('\n--resume: later\n');\n"
    assert len(deploy_text(url, tmp_path, text).ran) == 1


def test_a_changeset_that_may_fail_goes_on_too(url: str, tmp_path: Path) -> None:
    text = BAD.replace("false", "false failOnError:false") + "--changeset a:2\nSELECT 2;\n"
    assert len(deploy_text(url, tmp_path, text).skipped) == 1
    sql(url, "CREATE TABLE nope (id int)")
    deploy_text(url, tmp_path, text)
    assert [row[0] for row in rows(url)] == ["2", "bad"]
    assert sql(url, "SELECT id FROM t1 ORDER BY id") == [(1,), (2,)]


def test_one_that_is_made_to_run_again_begins_anew_when_it_was_edited(url: str, tmp_path: Path) -> None:
    text = (
        "--changeset a:v runInTransaction:false runOnChange:true\nCREATE OR REPLACE VIEW v AS SELECT 1 AS n;\n"
        "INSERT INTO nope VALUES (1);\n"
    )
    fails(url, tmp_path, text)
    sql(url, "CREATE TABLE nope (id int)")
    deploy_text(url, tmp_path, text.replace("SELECT 1", "SELECT 2"))
    assert sql(url, "SELECT n FROM v") == [(2,)]


def test_one_that_was_finished_by_hand_can_be_recorded(url: str, tmp_path: Path) -> None:
    fails(url, tmp_path, BAD)
    database = connect(url)
    changelog = load_changelog(tmp_path / "v.sql", folders=[tmp_path])
    assert len(baseline(database, changelog, Selection(), only_next=True)) == 1
    database.close()
    assert progress(url) == []
    assert deploy_text(url, tmp_path, BAD).ran == ()


INDEX = "--changeset a:i runInTransaction:false\nCREATE UNIQUE INDEX CONCURRENTLY i1 ON app.t1 (id);\nSELECT 2;\n"


def index(url: str) -> list[tuple[bool]]:
    return sql(url, "SELECT indisvalid FROM pg_index WHERE indrelid = 'app.t1'::regclass")


def test_an_index_that_could_not_be_built_is_cleared_away_before_it_is_tried_again(
    postgres: str, tmp_path: Path
) -> None:
    sql(postgres, "CREATE SCHEMA app; CREATE TABLE app.t1 (id int); INSERT INTO app.t1 VALUES (1), (1)")
    fails(postgres, tmp_path, INDEX)
    assert index(postgres) == [(False,)]  # PostgreSQL leaves it so, and its name is taken
    sql(postgres, "DELETE FROM app.t1")
    deploy_text(postgres, tmp_path, INDEX)
    assert index(postgres) == [(True,)]
    assert len(rows(postgres)) == 1


def test_an_index_of_that_name_that_somebody_else_made_is_left_alone(postgres: str, tmp_path: Path) -> None:
    sql(postgres, "CREATE SCHEMA app; CREATE TABLE app.t1 (id int); CREATE INDEX i1 ON app.t1 (id)")
    for _ in range(2):
        assert "already exists" in fails(postgres, tmp_path, INDEX)
    assert index(postgres) == [(True,)]


def test_statements_that_refuse_a_transaction_run_by_themselves(postgres: str, tmp_path: Path) -> None:
    text = HEAD + (
        "CREATE TABLE t1 (id int);\nVACUUM t1;\n-- so do those\nCREATE INDEX CONCURRENTLY i1 ON t1 (id);\n"
        "DROP INDEX CONCURRENTLY i1;\nCREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;\nCALL p();\n"
        "ALTER TABLE t1 ADD n int;\n"
    )
    deploy_text(postgres, tmp_path, text)
    assert rows(postgres) == [("bad", 1, "EXECUTED")]


def test_comments_above_a_statement_do_not_hide_what_it_is(postgres: str, tmp_path: Path) -> None:
    text = HEAD.replace("false", "false stripComments:false") + (
        "-- one\nCREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;\n/* two */ -- three\nCALL p();\n"
    )
    deploy_text(postgres, tmp_path, text)
    assert rows(postgres) == [("bad", 1, "EXECUTED")]


def test_duckdbs_statements_that_refuse_a_transaction_run_by_themselves(duckdb_file: Path, tmp_path: Path) -> None:
    url = f"duckdb:///{duckdb_file}"
    deploy_text(url, tmp_path, HEAD + "CREATE TABLE t1 (id int);\nCHECKPOINT;\nINSERT INTO t1 VALUES (1);\n")
    assert rows(url) == [("bad", 1, "EXECUTED")]


def test_without_the_side_table_a_changeset_begins_anew(postgres: str, tmp_path: Path) -> None:
    fails(postgres, tmp_path, BAD)
    sql(postgres, "DROP SCHEMA platform CASCADE")
    assert '"t1" already exists' in fails(postgres, tmp_path, BAD)


def test_notes_of_a_changeset_can_be_read(url: str, tmp_path: Path) -> None:
    fails(url, tmp_path, BAD)
    database = connect(url)
    (note,) = database.notes().values()
    database.close()
    assert note.progress is not None
    assert (note.progress.done, note.progress.total, note.content_hash) == (2, 4, None)


def test_a_session_that_is_ended_from_outside_is_an_error_in_one_line(postgres: str, tmp_path: Path) -> None:
    text = "--changeset a:1\nSELECT pg_terminate_backend(pg_backend_pid());\n"
    with pytest.raises(ChangesetError, match=r"v\.sql::1::a failed: .*") as raised:
        deploy_text(postgres, tmp_path, text)
    assert "\n" not in str(raised.value)
    connection = psycopg2.connect(postgres)
    connection.close()
    assert rows(postgres) == []
