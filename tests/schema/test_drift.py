"""What somebody changed by hand, against what the changelog builds."""

import subprocess
import sys
import time
from pathlib import Path

import psycopg2
import pytest

from data_platform.schema.changelog import load_changelog
from data_platform.schema.changeset import Changelog
from data_platform.schema.connecting import connect
from data_platform.schema.deploy import deploy
from data_platform.schema.drift import Difference, drift
from data_platform.schema.errors import SchemaError
from data_platform.schema.expressions import Selection
from tests.schema.changelogs import written

POSTGRES = """--changeset a:1
CREATE SCHEMA app;
CREATE TABLE app.crew (id int PRIMARY KEY, name varchar(50) NOT NULL DEFAULT 'x');
--rollback empty
--changeset a:2
CREATE INDEX crew_name ON app.crew (name);
CREATE FUNCTION app.one() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
--rollback empty
--changeset a:3 runOnChange:true
CREATE OR REPLACE VIEW app.names AS SELECT name FROM app.crew;
--rollback empty
"""
DUCKDB = """--changeset a:1
CREATE SCHEMA app;
CREATE TABLE app.crew (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL DEFAULT 'x');
--rollback empty
--changeset a:2
CREATE VIEW app.names AS SELECT name FROM app.crew;
--rollback empty
"""


def read(folder: Path, text: str) -> Changelog:
    return load_changelog(written(folder, text), folders=[folder])


def deployed(url: str, changelog: Changelog, selection: Selection | None = None) -> None:
    database = connect(url)
    try:
        deploy(database, changelog, selection or Selection())
    finally:
        database.close()


def differences(url: str, changelog: Changelog, *, everywhere: bool = False) -> list[Difference]:
    database = connect(url)
    try:
        return drift(database, changelog, Selection(), everywhere=everywhere)
    finally:
        database.close()


def texts(url: str, changelog: Changelog, *, everywhere: bool = False) -> list[str]:
    return [str(each) for each in differences(url, changelog, everywhere=everywhere)]


def by_hand(url: str, sql: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


def scratch_databases(url: str) -> list[str]:
    return [str(name) for (name,) in by_hand(url, "SELECT datname FROM pg_database WHERE datname LIKE 'dp_scratch%'")]


def test_what_was_just_deployed_has_no_drift(postgres: str, tmp_path: Path):
    changelog = read(tmp_path, POSTGRES)
    deployed(postgres, changelog)
    assert texts(postgres, changelog) == []
    assert scratch_databases(postgres) == []


def test_every_change_by_hand_is_told_with_what_is_and_what_should_be(postgres: str, tmp_path: Path):
    changelog = read(tmp_path, POSTGRES)
    deployed(postgres, changelog)
    by_hand(
        postgres,
        """DROP VIEW app.names;
        ALTER TABLE app.crew ALTER name TYPE text, ALTER name DROP NOT NULL, ADD COLUMN age int, ADD CHECK (id > 0);
        DROP INDEX app.crew_name;
        CREATE TABLE app.notes (a int, b int);
        CREATE VIEW app.names AS SELECT name FROM app.crew WHERE id > 1;
        CREATE OR REPLACE FUNCTION app.one() RETURNS int LANGUAGE sql AS $$ SELECT 2 $$;""",
    )
    found = {(str(each.change), each.kind, each.name, each.aspect): each for each in differences(postgres, changelog)}
    assert set(found) == {
        ("changed", "column", "app.crew.name", "type"),
        ("changed", "column", "app.crew.name", "nullability"),
        ("unexpected", "column", "app.crew.age", None),
        ("unexpected", "constraint", "app.crew.crew_id_check", None),
        ("missing", "index", "app.crew_name", None),
        ("unexpected", "table", "app.notes", None),
        ("changed", "view", "app.names", "definition"),
        ("changed", "function", "app.one()", "body"),
    }
    changed = found["changed", "column", "app.crew.name", "type"]
    assert (changed.expected, changed.actual) == ("character varying(50)", "text")
    assert str(changed) == "column app.crew.name: type is text, the changelog makes it character varying(50)"


def test_what_is_pending_is_no_drift(postgres: str, tmp_path: Path):
    deployed(postgres, read(tmp_path, POSTGRES))
    later = read(tmp_path, POSTGRES + "--changeset a:4\nCREATE TABLE app.later (a int);\n--rollback empty\n")
    assert texts(postgres, later) == []


def test_a_pending_edit_of_a_repeatable_changeset_is_no_drift(postgres: str, tmp_path: Path):
    deployed(postgres, read(tmp_path, POSTGRES))
    edited = read(tmp_path, POSTGRES.replace("SELECT name FROM", "SELECT id FROM"))
    assert texts(postgres, edited) == []
    by_hand(postgres, "DROP INDEX app.crew_name")
    assert texts(postgres, edited) == ["index app.crew_name is missing: the changelog makes it"]


def test_what_was_deployed_for_a_context_counts_whatever_is_asked_for_now(postgres: str, tmp_path: Path):
    changelog = read(tmp_path, POSTGRES.replace("--changeset a:2", "--changeset a:2 context:test labels:x"))
    deployed(postgres, changelog, Selection(contexts=("prod",)))
    assert texts(postgres, changelog) == []
    deployed(postgres, changelog, Selection(contexts=("test",)))
    assert texts(postgres, changelog) == []


def test_a_precondition_that_held_then_need_not_hold_again(postgres: str, tmp_path: Path):
    text = POSTGRES + (
        "--changeset a:5\n--preconditions onFail:HALT\n"
        "--precondition-sql-check expectedResult:1 SELECT count(*) FROM app.crew\n"
        "CREATE TABLE app.only_with_crew (a int);\n--rollback empty\n"
    )
    deployed(postgres, read(tmp_path, POSTGRES))
    by_hand(postgres, "INSERT INTO app.crew VALUES (1)")
    changelog = read(tmp_path, text)
    deployed(postgres, changelog)
    assert texts(postgres, changelog) == []


def test_a_table_that_was_there_before_is_compared_with_its_changeset(postgres: str, tmp_path: Path):
    text = (
        "--changeset a:1\n--preconditions onFail:MARK_RAN\n"
        "--precondition-sql-check expectedResult:0 SELECT count(*) FROM pg_tables WHERE tablename = 'old'\n"
        "CREATE TABLE old (a int, b int);\n--rollback empty\n"
    )
    by_hand(postgres, "CREATE TABLE old (a int, b text)")
    changelog = read(tmp_path, text)
    deployed(postgres, changelog)
    assert texts(postgres, changelog) == ["column public.old.b: type is text, the changelog makes it integer"]


def test_schemas_of_others_are_left_out_unless_asked_for(postgres: str, tmp_path: Path):
    changelog = read(tmp_path, POSTGRES)
    deployed(postgres, changelog)
    by_hand(postgres, "CREATE SCHEMA marts; CREATE TABLE marts.t (a int)")
    assert texts(postgres, changelog) == []
    assert texts(postgres, changelog, everywhere=True) == ["table marts.t is not made by the changelog"]


def test_a_changelog_may_stand_on_schemas_extensions_roles_and_a_search_path_of_others(postgres: str, tmp_path: Path):
    name = by_hand(postgres, "SELECT current_database()")[0][0]
    role = f"reader_{name}"
    by_hand(postgres, f"CREATE SCHEMA given; CREATE EXTENSION vector SCHEMA given; CREATE ROLE {role}")
    by_hand(postgres, f"ALTER DATABASE {name} SET search_path = given, public")
    changelog = read(
        tmp_path,
        f"--changeset a:1\nCREATE TABLE t (a vector(3));\nGRANT SELECT ON t TO {role};\n--rollback empty\n",
    )
    try:
        deployed(postgres, changelog)
        assert texts(postgres, changelog) == []
        by_hand(postgres, "ALTER TABLE given.t ADD b int")
        assert texts(postgres, changelog) == ["column given.t.b is not made by the changelog"]
    finally:
        by_hand(postgres, f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_changelog_that_cannot_be_built_anew_says_which_changeset_and_leaves_nothing(postgres: str, tmp_path: Path):
    deployed(postgres, read(tmp_path, POSTGRES))
    broken = read(tmp_path, POSTGRES.replace("CREATE TABLE app.crew", "CREATE TABLE nowhere.crew"))
    with pytest.raises(SchemaError) as told:
        differences(postgres, broken)
    assert "v.sql::1::a" in str(told.value)
    assert "nowhere" in str(told.value)
    assert scratch_databases(postgres) == []


def test_who_may_not_make_databases_gets_a_server_of_its_own(postgres: str, tmp_path: Path):
    role = f"weak_{by_hand(postgres, 'SELECT current_database()')[0][0]}"
    changelog = read(tmp_path, POSTGRES + f"--changeset a:6\nGRANT USAGE ON SCHEMA app TO {role};\n--rollback empty\n")
    by_hand(postgres, f"CREATE ROLE {role} LOGIN; GRANT ALL ON SCHEMA public TO {role}")
    name = by_hand(postgres, "SELECT current_database()")[0][0]
    by_hand(postgres, f"GRANT ALL ON DATABASE {name} TO {role}; ALTER DATABASE {name} SET role = {role}")
    try:
        deployed(postgres, changelog)
        by_hand(postgres, "ALTER TABLE app.crew ADD age int")
        assert texts(postgres, changelog) == ["column app.crew.age is not made by the changelog"]
    finally:
        by_hand(
            postgres, f"SET ROLE NONE; DROP OWNED BY {role} CASCADE; ALTER DATABASE {name} RESET role; DROP ROLE {role}"
        )


def test_scratch_databases_of_killed_runs_are_dropped_by_the_next_one(postgres: str, tmp_path: Path):
    changelog = read(tmp_path, POSTGRES)
    deployed(postgres, changelog)
    now = int(time.time())
    dead, fresh, lookalike = f"dp_scratch_{now - 90}_0123abcd", f"dp_scratch_{now}_0123abcd", "dp_scratch_of_mine"
    old, used = f"dp_scratch_{now - 90_000}_0123abcd", f"dp_scratch_{now - 91}_0123abcd"
    for name in (dead, fresh, lookalike, old, used):
        by_hand(postgres, f"CREATE DATABASE {name}")
    current = str(by_hand(postgres, "SELECT current_database()")[0][0])
    sessions = [psycopg2.connect(postgres.replace(current, name)) for name in (old, used)]
    try:
        assert texts(postgres, changelog) == []
        assert set(scratch_databases(postgres)) == {fresh, lookalike, used}
    finally:
        for session in sessions:
            session.close()
        for name in (dead, fresh, lookalike, old, used):
            by_hand(postgres, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def test_a_killed_run_leaves_nothing_that_stays(postgres: str, tmp_path: Path):
    slow = read(tmp_path, "--changeset a:1\nCREATE TABLE t (a int);\n--rollback empty\n")
    deployed(postgres, slow)
    program = (
        "import sys; from data_platform.schema.drift import drifting\n"
        "from data_platform.schema.changeset import Changelog; from data_platform.schema.expressions import Selection\n"
        "from data_platform.schema.connecting import connect; import time\n"
        "drifting._build = lambda copy, changesets: (print('building', flush=True), time.sleep(60))\n"
        "drifting.drift(connect(sys.argv[1]), Changelog(()), Selection())\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, postgres], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "building\n"
    process.kill()
    process.wait()
    (left,) = scratch_databases(postgres)
    # a minute later
    aged = f"dp_scratch_{int(left.split('_')[2]) - 61}_{left.split('_')[3]}"
    deadline = time.monotonic() + 30
    while by_hand(postgres, f"SELECT FROM pg_stat_activity WHERE datname = '{left}'"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    by_hand(postgres, f"ALTER DATABASE {left} RENAME TO {aged}")
    assert texts(postgres, slow) == []
    assert scratch_databases(postgres) == []


def test_drift_of_a_duckdb_file(duckdb_file: Path, tmp_path: Path):
    import duckdb

    url = f"duckdb:///{duckdb_file}"
    changelog = read(tmp_path, DUCKDB)
    deployed(url, changelog)
    assert texts(url, changelog) == []
    with duckdb.connect(str(duckdb_file)) as connection:
        connection.execute("CREATE SCHEMA marts; CREATE TABLE marts.t (a INTEGER)")
        connection.execute("ALTER TABLE app.crew ADD COLUMN age INTEGER; DROP VIEW app.names")
        connection.execute("COMMENT ON TABLE app.crew IS 'mine'")
    assert texts(url, changelog) == [
        "column app.crew.age is not made by the changelog",
        "table app.crew: comment is mine, the changelog makes it nothing",
        "view app.names is missing: the changelog makes it",
    ]


def test_nothing_of_the_database_is_changed_by_looking(postgres: str, tmp_path: Path):
    changelog = read(tmp_path, POSTGRES)
    by_hand(postgres, "CREATE TABLE mine (a int)")
    assert texts(postgres, changelog, everywhere=True) == ["table public.mine is not made by the changelog"]
    assert by_hand(postgres, "SELECT count(*) FROM pg_class WHERE relname LIKE 'databasechange%'") == [(0,)]
