"""Deploys on PostgreSQL and DuckDB: what runs, what is recorded, and what becomes of what fails."""

from pathlib import Path

import pytest

from data_platform.schema.connecting import connect
from data_platform.schema.errors import ChangelogError, ChangesetError, DatabaseError, ValidationError
from data_platform.schema.events import Event, Kind
from data_platform.schema.expressions import Selection
from data_platform.schema.names import Names
from data_platform.schema.step import State
from tests.schema.databases import deploy_text, locked, rows, sql, tables

TWO = (
    "--changeset a:1\nCREATE TABLE t1 (id int);\n\n--changeset b:2 context:dev labels:B,a\nINSERT INTO t1 VALUES (2);\n"
)


def kinds(events: list[Event]) -> list[tuple[str, Kind]]:
    """(changeset's id, kind) of events but for RUNNING."""
    return [
        (event.step.changeset.identity.id, event.kind)
        for event in events
        if event.step and event.kind is not Kind.RUNNING
    ]


def test_what_has_not_run_runs_and_is_recorded_as_liquibase_does(url: str, tmp_path: Path) -> None:
    outcome = deploy_text(url, tmp_path, TWO)
    assert [step.changeset.identity.id for step in outcome.ran] == ["1", "2"]
    found = sql(
        url,
        "SELECT id, author, filename, orderexecuted, exectype, md5sum, description, comments, tag, contexts, labels,"
        " deployment_id FROM databasechangelog ORDER BY orderexecuted",
    )
    id_ = outcome.deployment_id
    assert id_ is not None
    assert len(id_) == 10
    assert found == [
        ("1", "a", "v.sql", 1, "EXECUTED", "9:2f00c20af2b27ebb78ea9cbf168b0d9c", "sql", "", None, None, None, id_),
        ("2", "b", "v.sql", 2, "EXECUTED", found[1][5], "sql", "", None, "dev", "b,a", id_),
    ]
    ((liquibase,),) = sql(url, "SELECT DISTINCT liquibase FROM databasechangelog")
    assert liquibase.startswith("dp ")
    assert sql(url, "SELECT id FROM t1") == [(2,)]
    assert not locked(url)


def test_a_second_deploy_does_nothing_and_takes_no_lock(url: str, tmp_path: Path) -> None:
    deploy_text(url, tmp_path, TWO)
    sql(url, "UPDATE databasechangeloglock SET locked = true, lockedby = 'other-host (10.0.0.9)'")
    outcome = deploy_text(url, tmp_path, TWO)
    assert outcome.ran == ()
    assert outcome.deployment_id is None
    assert [step.state for step in outcome.plan.steps] == [State.DEPLOYED] * 2
    assert locked(url)  # nobody's lock was released


def test_reading_a_database_makes_nothing_in_it(url: str, tmp_path: Path) -> None:
    database = connect(url)
    assert database.history().rows == ()
    assert database.notes() == {}
    assert not database.keeps_notes
    assert database.holder() is None
    database.close()
    assert not (tmp_path / "warehouse.duckdb").exists()
    assert tables(url) == set()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("--changeset a:1\nCREATE TABLE t1 (id int);\n--changeset a:2\nSELECT 'open;\n", ChangelogError),
        (f"--changeset a:1\nCREATE TABLE t1 (id int);\n--changeset a:{'i' * 256}\nSELECT 1;\n", ValidationError),
        ("--changeset a:1\nCREATE TABLE t1 (id int);\n--changeset a:2\n--resume: later\nSELECT 1;\n", ChangelogError),
    ],
)
def test_nothing_is_written_when_anything_is_wrong(url: str, tmp_path: Path, text: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"v\.sql:\d"):
        deploy_text(url, tmp_path, text)
    assert tables(url) == set()


def test_an_edited_changeset_stops_the_deploy_before_anything_runs(url: str, tmp_path: Path) -> None:
    deploy_text(url, tmp_path, TWO)
    with pytest.raises(ValidationError, match=r"v\.sql::1::a was: 9:2f00.* but is now: 9:"):
        deploy_text(url, tmp_path, TWO.replace("id int", "id bigint") + "--changeset a:3\nCREATE TABLE t3 (id int);\n")
    assert rows(url) == [("1", 1, "EXECUTED"), ("2", 2, "EXECUTED")]


def test_nothing_stays_of_a_changeset_that_fails_and_what_ran_before_does(url: str, tmp_path: Path) -> None:
    text = (
        "--changeset a:1\nCREATE TABLE t1 (id int);\n"
        "--changeset a:bad\nCREATE TABLE t2 (id int);\n\nINSERT INTO\n  nope VALUES (1);\n"
        "--changeset a:3\nCREATE TABLE t3 (id int);\n"
    )
    events: list[Event] = []
    with pytest.raises(ChangesetError, match=r"v\.sql:[78]: changeset v\.sql::bad::a failed: .*nope.*not exist"):
        deploy_text(url, tmp_path, text, events=events)
    assert rows(url) == [("1", 1, "EXECUTED")]
    assert not {name for name in tables(url) if name.endswith((".t2", ".t3"))}
    assert kinds(events) == [("1", Kind.RAN), ("bad", Kind.FAILED)]
    assert not locked(url)


def test_a_message_does_not_repeat_what_literals_say(url: str, tmp_path: Path) -> None:
    with pytest.raises(ChangesetError) as raised:
        deploy_text(url, tmp_path, "--changeset a:1\nCREATE TABLE t1 (id int);\nINSERT INTO nope VALUES ('s3cret');\n")
    assert "s3cret" not in str(raised.value)
    assert "INSERT INTO nope" in str(raised.value)


def test_a_changeset_that_may_fail_is_rolled_back_and_tried_again(url: str, tmp_path: Path) -> None:
    text = (
        "--changeset a:1 failOnError:false\nCREATE TABLE t1 (id int);\nINSERT INTO nope VALUES (1);\n"
        "--changeset a:2\nCREATE TABLE t2 (id int);\n"
    )
    outcome = deploy_text(url, tmp_path, text)
    assert [step.changeset.identity.id for step in outcome.skipped] == ["1"]
    assert rows(url) == [("2", 1, "EXECUTED")]
    sql(url, "CREATE TABLE nope (id int)")
    deploy_text(url, tmp_path, text)
    assert rows(url) == [("2", 1, "EXECUTED"), ("1", 2, "EXECUTED")]


def test_a_rerun_takes_a_new_order_and_the_new_sum(url: str, tmp_path: Path) -> None:
    text = "--changeset a:v runOnChange:true\n--comment: one\nCREATE OR REPLACE VIEW v AS SELECT 1 AS n;\n"
    deploy_text(url, tmp_path, text + "--changeset a:2\nSELECT 2;\n")
    before = sql(url, "SELECT md5sum FROM databasechangelog WHERE id = 'v'")
    deploy_text(
        url, tmp_path, text.replace("SELECT 1", "SELECT 3").replace("one", "two") + "--changeset a:2\nSELECT 2;\n"
    )
    assert rows(url) == [("2", 2, "EXECUTED"), ("v", 3, "RERAN")]
    ((md5sum, comments),) = sql(url, "SELECT md5sum, comments FROM databasechangelog WHERE id = 'v'")
    assert comments == "two"
    assert (md5sum,) not in before
    assert sql(url, "SELECT n FROM v") == [(3,)]


def test_a_rerun_that_fails_leaves_its_row_as_it_was(url: str, tmp_path: Path) -> None:
    text = "--changeset a:v runOnChange:true\nSELECT 1;\n"
    deploy_text(url, tmp_path, text)
    before = sql(url, "SELECT * FROM databasechangelog")
    with pytest.raises(ChangesetError):
        deploy_text(url, tmp_path, text.replace("SELECT 1", "SELECT 1 FROM nope"))
    assert sql(url, "SELECT * FROM databasechangelog") == before


@pytest.mark.parametrize(("clause", "exectype"), [("CONTINUE", None), ("MARK_RAN", "MARK_RAN"), ("WARN", "EXECUTED")])
@pytest.mark.parametrize("on", ["onFail", "onError"])
def test_a_precondition_that_does_not_hold_does_what_its_author_chose(
    url: str, tmp_path: Path, on: str, clause: str, exectype: str | None
) -> None:
    query = "SELECT count(*) FROM databasechangeloglock WHERE id = 7" if on == "onFail" else "SELECT 1 FROM nope"
    text = (
        f"--changeset a:guarded\n--preconditions {on}:{clause}\n--precondition-sql-check expectedResult:1 {query}\n"
        "CREATE TABLE g (id int);\n--changeset a:after\nSELECT 2;\n"
    )
    deploy_text(url, tmp_path, text)
    recorded = {id_: exectype for id_, _, exectype in rows(url)}
    assert recorded == ({"guarded": exectype} if exectype else {}) | {"after": "EXECUTED"}
    assert any(name.endswith(".g") for name in tables(url)) == (clause == "WARN")


def test_an_error_in_a_late_row_of_a_query_is_not_missed(url: str, tmp_path: Path) -> None:
    query = "SELECT 1 / (50000 - n)::int FROM generate_series(1, 100000) AS s (n)"
    if url.startswith("duckdb"):
        query = "SELECT CASE WHEN range = 99999 THEN error('late') END FROM range(100000)"
    with pytest.raises(ChangesetError, match=r"late|division by zero"):
        deploy_text(url, tmp_path, f"--changeset a:1\n{query};\n")
    assert rows(url) == []


@pytest.mark.parametrize("query", ["SELECT 0", "SELECT 1 FROM nope"])
def test_a_precondition_that_does_not_hold_halts_the_deploy(url: str, tmp_path: Path, query: str) -> None:
    text = (
        "--changeset a:before\nSELECT 1;\n"
        f"--changeset a:guarded\n--precondition-sql-check expectedResult:1 {query}\nCREATE TABLE g (id int);\n"
        "--changeset a:after\nSELECT 2;\n"
    )
    with pytest.raises(ChangesetError, match=r"v\.sql:5: changeset v\.sql::guarded::a failed: a precondition"):
        deploy_text(url, tmp_path, text)
    assert rows(url) == [("before", 1, "EXECUTED")]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT 'it''s; so'", '"it\'s; so"'),
        ("SELECT 1.50::numeric(5, 2)", "1.50"),
        ("SELECT count(*) FROM databasechangelog", "0"),
        ("SELECT DATE '2024-02-29'", "2024-02-29"),
    ],
)
def test_the_value_of_a_check_is_compared_as_text(url: str, tmp_path: Path, query: str, expected: str) -> None:
    text = f"--changeset a:1\n--precondition-sql-check expectedResult:{expected} {query}\nSELECT 1;\n"
    assert len(deploy_text(url, tmp_path, text).ran) == 1


def test_a_boolean_of_postgresql_is_compared_as_t(postgres: str, tmp_path: Path) -> None:
    deploy_text(
        postgres, tmp_path, "--changeset a:1\n--precondition-sql-check expectedResult:t SELECT true\nSELECT 1;\n"
    )
    assert rows(postgres) == [("1", 1, "EXECUTED")]


def test_a_check_cannot_change_anything(url: str, tmp_path: Path) -> None:
    sql(url, "CREATE TABLE seen (id int)")
    check = "INSERT INTO seen VALUES (1) RETURNING id"
    deploy_text(url, tmp_path, f"--changeset a:1\n--precondition-sql-check expectedResult:1 {check}\nSELECT 1;\n")
    assert sql(url, "SELECT * FROM seen") == []


def test_tables_and_views_can_be_asked_for(url: str, tmp_path: Path) -> None:
    sql(url, "CREATE TABLE Orders (id int)")
    sql(url, "CREATE VIEW some_orders AS SELECT * FROM Orders")
    text = "".join(
        f"--changeset a:{number}\n--preconditions onFail:CONTINUE\n--precondition-{check}\nSELECT {number};\n"
        for number, check in enumerate(
            ["table-exists table:ORDERS", "view-exists view:some_orders", "table-exists table:some_orders",
             "view-exists view:orders", "table-exists table:orders schema:elsewhere"]
        )
    )  # fmt: skip
    deploy_text(url, tmp_path, text)
    assert [row[0] for row in rows(url)] == ["0", "1"]


def test_the_default_schema_and_the_names_of_the_tables_can_be_chosen(url: str, tmp_path: Path) -> None:
    sql(url, "CREATE SCHEMA app")
    sql(url, "CREATE SCHEMA ops")
    names = Names("app", "ops", "my_log", "my_lock")
    deploy_text(url, tmp_path, TWO, names=names)
    assert tables(url) == {"app.t1", "ops.my_lock", "ops.my_log", "platform.schema_changesets"}
    assert [row[0] for row in rows(url, "ops.my_log")] == ["1", "2"]
    # another history in the same database knows nothing of it
    with pytest.raises(ChangesetError, match=r"v\.sql::1::a failed: .*t1.*already exists"):
        deploy_text(url, tmp_path, TWO, names=Names("app"))


def test_a_schema_that_is_not_there_is_named(url: str, tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="nowhere"):
        deploy_text(url, tmp_path, TWO, names=Names("nowhere"))
    assert tables(url) == set()


def test_a_default_schema_that_is_not_there_yet_may_be_made_by_a_changeset(postgres: str, tmp_path: Path) -> None:
    events: list[Event] = []
    text = "--changeset a:0\nCREATE SCHEMA app;\n" + TWO
    deploy_text(postgres, tmp_path, text, names=Names("app", "public"), events=events)
    assert [event.kind for event in events if event.step is None] == [Kind.NOTICE]
    assert "app.t1" in tables(postgres)


def test_what_a_changeset_cannot_do_is_told_in_our_words(postgres: str, tmp_path: Path) -> None:
    with pytest.raises(ChangesetError, match="COPY with STDIN or STDOUT cannot be in a changeset"):
        deploy_text(postgres, tmp_path, "--changeset a:1\nCREATE TABLE t1 (id int);\nCOPY t1 FROM STDIN;\n")


def test_an_encoding_that_a_changeset_sets_does_not_spoil_what_is_recorded(postgres: str, tmp_path: Path) -> None:
    text = "--changeset ä:ö\nCREATE TABLE t1 (name text);\nSET client_encoding TO 'latin1';\n"
    text += "INSERT INTO t1 VALUES ('ü');\n"
    deploy_text(postgres, tmp_path, text + "--changeset ä:ß\nINSERT INTO t1 VALUES ('€');\n")
    assert sql(postgres, "SELECT id, author FROM databasechangelog") == [("ö", "ä"), ("ß", "ä")]
    assert sql(postgres, "SELECT name FROM t1") == [("ü",), ("€",)]


def test_a_changeset_that_moves_elsewhere_does_not_take_the_next_ones_along(url: str, tmp_path: Path) -> None:
    sql(url, "CREATE SCHEMA app")
    move = "SET search_path TO app;" if url.startswith("postgresql") else "USE app;"
    text = f"--changeset a:1\n{move}\nCREATE TABLE t1 (id int);\n--changeset a:2\nCREATE TABLE t2 (id int);\n"
    deploy_text(url, tmp_path, text)
    assert {name for name in tables(url) if ".t" in name} == {
        "app.t1",
        "public.t2" if url.startswith("postgresql") else "main.t2",
    }
    assert len(rows(url)) == 2


def test_tags_and_nothing_are_recorded_as_such(url: str, tmp_path: Path) -> None:
    from data_platform.schema.changelog import load_changelog
    from data_platform.schema.deploy import deploy

    (tmp_path / "root.yaml").write_text(
        "databaseChangeLog:\n"
        "- changeSet: {id: 1, author: a, changes: [{sql: {sql: 'select 1'}}, {sql: {sql: 'select 2'}}]}\n"
        "- changeSet: {id: 2, author: a, changes: [{tagDatabase: {tag: v1}}]}\n"
        "- changeSet: {id: 3, author: a, changes: [{empty: {}}]}\n"
    )
    database = connect(url)
    deploy(database, load_changelog(tmp_path / "root.yaml", folders=[tmp_path]), Selection())
    database.close()
    assert sql(url, "SELECT id, description, tag FROM databasechangelog ORDER BY orderexecuted") == [
        ("1", "sql; sql", None),
        ("2", "tagDatabase", "v1"),
        ("3", "empty", None),
    ]


def test_sums_of_version_8_and_cleared_ones_are_rewritten_without_running_anything(url: str, tmp_path: Path) -> None:
    text = "--changeset a:1\nCREATE TABLE t1 (id int);\n--changeset a:2\nCREATE TABLE t2 (id int);\n"
    deploy_text(url, tmp_path, text)
    before = sql(url, "SELECT * FROM databasechangelog ORDER BY orderexecuted")
    sql(url, "UPDATE databasechangelog SET md5sum = '8:44a407e2387ee688c40319ed0171ca30' WHERE id = '1'")
    sql(url, "UPDATE databasechangelog SET md5sum = NULL WHERE id = '2'")
    events: list[Event] = []
    deploy_text(url, tmp_path, text, events=events)
    assert sql(url, "SELECT * FROM databasechangelog ORDER BY orderexecuted") == before
    assert kinds(events) == [("1", Kind.UPGRADED), ("2", Kind.UPGRADED)]
    assert "8:44a407e2387ee688c40319ed0171ca30 is now 9:2f00" in events[0].text


def test_an_edit_of_blanks_in_a_literal_is_told_though_the_checksum_is_the_same(url: str, tmp_path: Path) -> None:
    text = "--changeset a:1\nCREATE TABLE t1 (name text);\nINSERT INTO t1 VALUES ('a b');\n"
    deploy_text(url, tmp_path, text)
    events: list[Event] = []
    deploy_text(url, tmp_path, text, events=events)
    assert events == []
    deploy_text(url, tmp_path, text.replace("'a b'", "'ab'"), events=events)
    assert kinds(events) == [("1", Kind.WARNED)]


def test_a_fence_is_asked_before_each_changeset_and_can_stop_the_deploy(url: str, tmp_path: Path) -> None:
    asked = 0

    def fence() -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise ValidationError("another deploy took over")

    with pytest.raises(ValidationError, match="took over"):
        deploy_text(url, tmp_path, TWO, fence=fence)
    assert rows(url) == [("1", 1, "EXECUTED")]
    assert not locked(url)


def test_an_older_history_is_given_the_columns_it_lacks(url: str, tmp_path: Path) -> None:
    deploy_text(url, tmp_path, TWO)
    for column in ("contexts", "labels", "deployment_id"):
        sql(url, f"ALTER TABLE databasechangelog DROP COLUMN {column}")
    deploy_text(url, tmp_path, TWO + "--changeset a:3 labels:x\nSELECT 3;\n")
    assert sql(url, "SELECT labels FROM databasechangelog WHERE id = '3'") == [("x",)]


def test_what_is_longer_than_its_column_is_shortened_as_liquibase_does(url: str, tmp_path: Path) -> None:
    deploy_text(url, tmp_path, f"--changeset a:1\n--comment: {'c' * 300}\nSELECT 1;\n")
    assert sql(url, "SELECT comments FROM databasechangelog") == [("c" * 247 + "...",)]


def test_a_changeset_that_ends_the_transaction_by_itself_is_still_recorded(url: str, tmp_path: Path) -> None:
    deploy_text(url, tmp_path, "--changeset a:1\nCREATE TABLE t1 (id int);\nCOMMIT;\n--changeset a:2\nSELECT 1;\n")
    assert rows(url) == [("1", 1, "EXECUTED"), ("2", 2, "EXECUTED")]


def test_notices_of_the_database_are_told(postgres: str, tmp_path: Path) -> None:
    events: list[Event] = []
    deploy_text(postgres, tmp_path, "--changeset a:1\nDROP TABLE IF EXISTS nope;\n", events=events)
    (ran,) = (event for event in events if event.kind is Kind.RAN)
    assert any("nope" in notice for notice in ran.notices)


@pytest.mark.parametrize("side_table", ["that does not exist", "of somebody else"])
def test_a_role_without_privileges_deploys_without_the_side_table(
    postgres: str, tmp_path: Path, side_table: str
) -> None:
    if side_table == "of somebody else":
        deploy_text(postgres, tmp_path, "--changeset a:0\nSELECT 0;\n")
    sql(postgres, "CREATE SCHEMA app")
    database = postgres.rpartition("/")[2].partition("?")[0]
    role = f"role_{database}"
    sql(postgres, f"CREATE ROLE {role}; GRANT ALL ON SCHEMA app TO {role}; ALTER DATABASE {database} SET role = {role}")
    events: list[Event] = []
    try:
        deploy_text(postgres, tmp_path, TWO, names=Names("app"), events=events)
        assert [event.kind for event in events if event.step is None] == [Kind.NOTICE]
        assert len(rows(postgres, "app.databasechangelog")) == 2
    finally:
        sql(postgres, f"SET ROLE NONE; DROP OWNED BY {role}; ALTER DATABASE {database} RESET role; DROP ROLE {role}")
    assert ("platform.schema_changesets" in tables(postgres)) == (side_table == "of somebody else")
