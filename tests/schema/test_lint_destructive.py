"""Lint: steps that lose data, or take away what somebody reads."""

from datetime import datetime
from pathlib import Path

import pytest

from data_platform.schema.history import History, Ran
from data_platform.schema.lint import Finding, Options, Severity, lint
from tests.schema.changelogs import changesets

LOSSES = ("drop-object", "drop-column", "truncate", "delete-all", "replace-table", "narrow-type", "not-null", "rename")


def found(folder: Path, sql: str, dialect: str = "postgresql", options: Options | None = None) -> list[Finding]:
    """What is said of destructive steps in changesets; a changeset is begun where the SQL does not do so."""
    text = sql if sql.startswith("--changeset") else f"--changeset a:1\n{sql}"
    return [each for each in lint(changesets(folder, text), dialect, options) if each.rule in LOSSES]


def rules(folder: Path, sql: str, dialect: str = "postgresql") -> list[str]:
    return [each.rule for each in found(folder, sql, dialect)]


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("DROP TABLE t;", "drop-object"),
        ("drop table if exists app.t cascade;", "drop-object"),
        ("DROP SCHEMA app;", "drop-object"),
        ("DROP VIEW v;", "drop-object"),
        ("DROP MATERIALIZED VIEW v;", "drop-object"),
        ("DROP SEQUENCE s;", "drop-object"),
        ("DROP FUNCTION f(int, text);", "drop-object"),
        ("DROP TYPE mood;", "drop-object"),
        ("DROP DATABASE d;", "drop-object"),
        ("DROP ROLE r;", "drop-object"),
        ("DROP OWNED BY r;", "drop-object"),
        ("ALTER TABLE t DROP COLUMN c;", "drop-column"),
        ("ALTER TABLE t DROP c;", "drop-column"),
        ('ALTER TABLE IF EXISTS ONLY app."T" DROP COLUMN IF EXISTS "C" CASCADE;', "drop-column"),
        ("ALTER TABLE t ADD COLUMN d int, DROP COLUMN c;", "drop-column"),
        ("ALTER TYPE t DROP ATTRIBUTE a;", "drop-column"),
        ("TRUNCATE t;", "truncate"),
        ("TRUNCATE TABLE ONLY t RESTART IDENTITY CASCADE;", "truncate"),
        ("DELETE FROM t;", "delete-all"),
        ("DELETE FROM t USING u;", "delete-all"),
        ("DELETE FROM t WHERE true;", "delete-all"),
        ("DELETE FROM t WHERE (1 = 1) RETURNING *;", "delete-all"),
        ("WITH gone AS (DELETE FROM t RETURNING *) SELECT count(*) FROM gone WHERE true;", "delete-all"),
        ("ALTER TABLE t ALTER COLUMN c TYPE int;", "narrow-type"),
        ("ALTER TABLE t ALTER c SET DATA TYPE numeric(5, 2) USING c::numeric;", "narrow-type"),
        ("ALTER TABLE t ADD COLUMN c int NOT NULL;", "not-null"),
        ("ALTER TABLE t ADD c int NOT NULL DEFAULT NULL;", "not-null"),
        ("ALTER TABLE t ALTER COLUMN c SET NOT NULL;", "not-null"),
        ("ALTER TABLE t RENAME TO u;", "rename"),
        ("ALTER TABLE t RENAME COLUMN a TO b;", "rename"),
        ("ALTER TABLE t RENAME a TO b;", "rename"),
        ("ALTER VIEW v RENAME TO w;", "rename"),
        ("ALTER SCHEMA a RENAME TO b;", "rename"),
        ("ALTER TABLE t SET SCHEMA old;", "rename"),
        ("DO $$ BEGIN IF true THEN DROP TABLE t; END IF; END $$;", "drop-object"),
        ("DO $x$ BEGIN EXECUTE 'DROP TABLE ' || quote_ident('t'); END $x$ LANGUAGE plpgsql;", "drop-object"),
        ("DO $$ BEGIN EXECUTE format('TRUNCATE %I', 't'); END $$;", "truncate"),
    ],
)
def test_a_step_that_loses_something_is_an_error(tmp_path: Path, sql: str, rule: str):
    (finding,) = found(tmp_path, sql)
    assert (finding.rule, finding.severity, finding.line) == (rule, Severity.ERROR, 3)
    assert "--allow destructive: REASON" in finding.fix


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("CREATE OR REPLACE TABLE t (a int);", "replace-table"),
        ("CREATE OR REPLACE TRANSIENT TABLE db.app.t AS SELECT 1 a;", "replace-table"),
        ("CREATE OR REPLACE SCHEMA app;", "replace-table"),
        ("CREATE OR ALTER TABLE t (a int);", "replace-table"),
        ("INSERT OVERWRITE INTO t SELECT 1;", "truncate"),
        ("TRUNCATE TABLE IF EXISTS t;", "truncate"),
        ("ALTER TABLE t SWAP WITH u;", "rename"),
        ("ALTER TABLE t DROP COLUMN a, b;", "drop-column"),
        ("ALTER TABLE t MODIFY COLUMN a SET DATA TYPE NUMBER(5,0);", "narrow-type"),
        ("DROP WAREHOUSE w;", "drop-object"),
        ("DROP TABLE IDENTIFIER('app.t');", "drop-object"),
        ("EXECUTE IMMEDIATE $$BEGIN DROP TABLE t; RETURN 1; END$$;", "drop-object"),
        ("BEGIN DROP TABLE t; END;", "drop-object"),
        ("SELECT 'it\\'s'; // it's\nDROP TABLE t;", "drop-object"),
    ],
)
def test_what_loses_something_on_snowflake_is_an_error(tmp_path: Path, sql: str, rule: str):
    assert set(rules(tmp_path, sql, "snowflake")) == {rule}


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (a int NOT NULL);",
        "CREATE OR REPLACE VIEW v AS SELECT 1 AS a;",
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ DELETE FROM t; SELECT 1 $$;",
        "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN DROP TABLE t; END $$;",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC DELETE FROM t; SELECT 1; END;",
        "DROP INDEX i;",
        "DELETE FROM t WHERE a = 1;",
        "WITH gone AS (DELETE FROM t WHERE a = 1 RETURNING *) SELECT * FROM gone;",
        "ALTER TABLE t ADD COLUMN c int;",
        "ALTER TABLE t ADD COLUMN c int NOT NULL DEFAULT 0;",
        "ALTER TABLE t ADD COLUMN c bigint GENERATED ALWAYS AS IDENTITY NOT NULL;",
        "ALTER TABLE t ALTER COLUMN c DROP NOT NULL;",
        "ALTER TABLE t ALTER COLUMN c DROP DEFAULT;",
        "ALTER TABLE t DROP CONSTRAINT c;",
        "ALTER TABLE t ALTER COLUMN c TYPE text;",
        "ALTER TABLE t RENAME CONSTRAINT a TO b;",
        "ALTER INDEX i RENAME TO j;",
        "INSERT INTO t SELECT 'DROP TABLE t; DELETE FROM t';",
        "COMMENT ON TABLE t IS 'DROP TABLE t';",
        "SELECT 1 /* DROP TABLE t; /* nested */ DROP TABLE t; */ AS a;",
        'SELECT "DROP TABLE t" FROM x;',
        "CREATE TRIGGER g AFTER DELETE ON t FOR EACH ROW EXECUTE FUNCTION f();",
        "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE;",
    ],
)
def test_a_step_that_loses_nothing_is_not_told(tmp_path: Path, sql: str):
    assert rules(tmp_path, sql) == []


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (a int); DROP TABLE t;",
        "CREATE TEMP TABLE t (a int); DROP TABLE T;",
        'CREATE TABLE public.t (a int); ALTER TABLE t DROP COLUMN a; TRUNCATE "t"; DROP TABLE t;',
        "CREATE TABLE t (a int); ALTER TABLE t RENAME TO u; DROP TABLE u;",
        "ALTER TABLE t ADD COLUMN tmp int; ALTER TABLE t DROP COLUMN tmp;",
        "CREATE TABLE t (a text); ALTER TABLE t ALTER a TYPE int USING a::int;",
        "DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT 1 AS a;",
        "DROP FUNCTION f(int); CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "ALTER TABLE t RENAME TO u; CREATE VIEW t AS SELECT * FROM u;",
        "ALTER TABLE t ADD COLUMN c int; UPDATE t SET c = 0, d = 1; ALTER TABLE t ALTER c SET NOT NULL;",
        "WITH x AS (SELECT 1 AS a) UPDATE t SET c = x.a FROM x; ALTER TABLE t ALTER c SET NOT NULL;",
        "ALTER TABLE t ADD COLUMN c int DEFAULT 0; ALTER TABLE t ALTER c SET NOT NULL;",
        "ALTER TABLE t ADD CHECK (c IS NOT NULL) NOT VALID; ALTER TABLE t ALTER c SET NOT NULL;",
    ],
)
def test_what_nobody_can_have_used_yet_may_go(tmp_path: Path, sql: str):
    assert rules(tmp_path, sql) == []


def test_a_view_that_is_dropped_with_all_that_depends_on_it_is_told_though_it_is_made_again(tmp_path: Path):
    assert rules(tmp_path, "DROP VIEW v CASCADE; CREATE VIEW v AS SELECT 1 AS a;") == ["drop-object"]


def test_a_table_is_not_made_again_by_making_it_again(tmp_path: Path):
    assert rules(tmp_path, "DROP TABLE t; CREATE TABLE t (a int);") == ["drop-object"]


def test_a_table_that_may_have_been_there_is_not_new(tmp_path: Path):
    assert rules(tmp_path, "CREATE TABLE IF NOT EXISTS t (a int); DROP TABLE t;") == ["drop-object"]


def test_a_quoted_name_in_another_case_is_another_table(tmp_path: Path):
    assert rules(tmp_path, 'CREATE TABLE t (a int); DROP TABLE "T";') == ["drop-object"]
    assert rules(tmp_path, 'CREATE TABLE t (a int); DROP TABLE "T";', "duckdb") == []


TWO = """--changeset a:1
CREATE TABLE t (a varchar(50), b int);
--changeset a:2
ALTER TABLE t DROP COLUMN b;
DROP TABLE t;
"""


def test_what_an_earlier_changeset_made_may_exist_when_nothing_is_known_of_the_database(tmp_path: Path):
    assert rules(tmp_path, TWO) == ["drop-column", "drop-object"]


def test_what_an_undeployed_changeset_made_does_not_exist(tmp_path: Path):
    assert found(tmp_path, TWO, options=Options(history=History([]))) == []


def test_what_a_deployed_changeset_made_exists(tmp_path: Path):
    options = Options(history=history(tmp_path, TWO, {"1"}))
    assert [each.line for each in found(tmp_path, TWO, options=options)] == [5, 6]


def test_a_deployed_changeset_is_not_looked_at(tmp_path: Path):
    assert found(tmp_path, TWO, options=Options(history=history(tmp_path, TWO, {"1", "2"}))) == []


def history(folder: Path, text: str, ids: set[str]) -> History:
    when = datetime(2026, 1, 1)
    deployed = [each for each in changesets(folder, text) if each.identity.id in ids]
    return History(Ran(each.identity, each.checksum, at, "EXECUTED", when) for at, each in enumerate(deployed, 1))


@pytest.mark.parametrize(
    ("old", "new", "fits"),
    [
        ("varchar(50)", "varchar(20)", False),
        ("varchar(50)", "character varying(51)", True),
        ("varchar(50)", "text", True),
        ("text", "varchar(50)", False),
        ("integer", "bigint", True),
        ("int8", "int4", False),
        ("smallint", "numeric(5)", True),
        ("integer", "numeric(9)", False),
        ("numeric(10,2)", "numeric(12,2)", True),
        ("numeric(10,2)", "numeric(12,4)", True),
        ("numeric(10,2)", "numeric(12,1)", False),
        ("numeric(10,2)", "numeric", True),
        ("numeric", "numeric(10,2)", False),
        ("numeric(10,2)", "double precision", False),
        ("date", "timestamp", True),
        ("timestamp", "date", False),
        ("timestamp with time zone", "timestamp", False),
        ("integer[]", "integer", False),
        ("text", "integer", False),
        ("uuid", "text", True),
    ],
)
def test_a_type_is_narrowed_where_values_may_not_fit(tmp_path: Path, old: str, new: str, fits: bool):
    text = f"--changeset a:1\nCREATE TABLE t (c {old});\n--changeset a:2\nALTER TABLE t ALTER COLUMN c TYPE {new};\n"
    assert rules(tmp_path, text) == ([] if fits else ["narrow-type"])


def test_a_declared_table_says_which_columns_it_drops(tmp_path: Path):
    text = "--changeset a:1\nCREATE TABLE t (a int, b int);\n--changeset a:2\nCREATE OR ALTER TABLE t (a int, c int);\n"
    (finding,) = found(tmp_path, text, "snowflake")
    assert (finding.rule, finding.line) == ("drop-column", 5)
    assert "t.b" in finding.message


def test_each_finding_points_to_its_statement(tmp_path: Path):
    text = """--changeset a:1
--comment: the first
CREATE TABLE t (
  a int
);
--rollback DROP TABLE t;

/* a comment
   of two lines */
DROP TABLE u;
--rollback empty
SELECT $$
DROP TABLE x;
$$; TRUNCATE
  v;
DO $body$
BEGIN
  DROP VIEW w;
END
$body$;
"""
    assert [(each.line, each.rule) for each in found(tmp_path, text)] == [
        (11, "drop-object"),
        (15, "truncate"),
        (19, "drop-object"),
    ]
