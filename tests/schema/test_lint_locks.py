"""Lint: what makes others wait on PostgreSQL, checked against what PostgreSQL does."""

from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from data_platform.schema.lint import RULES, Options, lint
from data_platform.schema.lint.types import keeps_values, rewrites, sql_type
from tests.schema.changelogs import changesets

TABLE = "CREATE TABLE t (a int, b varchar(50), c int)"


def rules(folder: Path, sql: str, options: Options | None = None) -> set[str]:
    """The lock rules that apply to the SQL of a changeset."""
    text = sql if sql.startswith("--changeset") else f"--changeset a:1\n{sql}"
    found = lint(changesets(folder, text), "postgresql", options)
    return {each.rule for each in found if RULES[each.rule].group == "locks"}


@pytest.fixture
def database(postgres: str) -> Iterator[Connection]:
    connection = psycopg2.connect(postgres)
    yield connection
    connection.close()


def execute(connection: Connection, sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def file_of_t(connection: Connection) -> object:
    return execute(connection, "SELECT pg_relation_filenode('t')")


BLOCKING = [
    ("CREATE INDEX i ON t (a);", "index-blocks-writes", "ShareLock"),
    ("CREATE UNIQUE INDEX ON t (a);", "index-blocks-writes", "ShareLock"),
    ("ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0);", "constraint-scan", "AccessExclusiveLock"),
    ("ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES u;", "constraint-scan", "ShareRowExclusiveLock"),
    ("ALTER TABLE t ADD CONSTRAINT k UNIQUE (a);", "unique-scan", "AccessExclusiveLock"),
    ("ALTER TABLE t ADD PRIMARY KEY (a);", "unique-scan", "AccessExclusiveLock"),
    ("ALTER TABLE t ADD COLUMN d int UNIQUE;", "unique-scan", "AccessExclusiveLock"),
    ("ALTER TABLE t ADD COLUMN d uuid DEFAULT gen_random_uuid();", "volatile-default", "AccessExclusiveLock"),
    ("ALTER TABLE t ADD COLUMN d serial;", "volatile-default", "AccessExclusiveLock"),
    ("ALTER TABLE t ADD COLUMN d int GENERATED ALWAYS AS IDENTITY;", "volatile-default", "AccessExclusiveLock"),
    (
        "ALTER TABLE t ADD COLUMN d int GENERATED ALWAYS AS (a * 2) STORED;",
        "volatile-default",
        "AccessExclusiveLock",
    ),
    ("ALTER TABLE t ALTER COLUMN a TYPE bigint;", "type-rewrite", "AccessExclusiveLock"),
    ("UPDATE t SET a = 1; ALTER TABLE t ALTER COLUMN a SET NOT NULL;", "not-null-scan", "AccessExclusiveLock"),
    ("CLUSTER t USING ix;", "table-rewrite", "AccessExclusiveLock"),
    ("REINDEX TABLE t;", "table-rewrite", "ShareLock"),
    ("LOCK TABLE t;", "table-rewrite", "AccessExclusiveLock"),
    ("DROP INDEX ix;", "drop-index-blocks", "AccessExclusiveLock"),
]


@pytest.mark.parametrize(("sql", "rule", "mode"), BLOCKING, ids=[sql for sql, *_ in BLOCKING])
def test_a_statement_that_is_told_to_block_takes_such_a_lock(
    tmp_path: Path, database: Connection, sql: str, rule: str, mode: str
):
    execute(database, f"{TABLE}; CREATE INDEX ix ON t (a); CREATE TABLE u (a int PRIMARY KEY)")
    database.commit()
    execute(database, sql)
    held = execute(database, "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 't'::regclass")
    assert (mode,) in held
    assert rule in rules(tmp_path, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID;",
        "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES u NOT VALID;",
        "ALTER TABLE t VALIDATE CONSTRAINT old;",
        "ALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX ui;",
        "ALTER TABLE t ADD COLUMN d int;",
        "ALTER TABLE t ADD COLUMN d timestamptz NOT NULL DEFAULT now();",
        "ALTER TABLE t ADD COLUMN d varchar(10) DEFAULT ('x')::varchar(10);",
        "ALTER TABLE t ALTER COLUMN a SET DEFAULT 3;",
        "ALTER TABLE t DROP CONSTRAINT old;",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY m;",
    ],
)
def test_a_statement_that_is_not_told_leaves_the_table_as_it_is(tmp_path: Path, database: Connection, sql: str):
    execute(database, f"{TABLE}; CREATE TABLE u (a int PRIMARY KEY); CREATE UNIQUE INDEX ui ON t (a)")
    execute(database, "ALTER TABLE t ADD CONSTRAINT old CHECK (c > 0) NOT VALID")
    execute(database, "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE UNIQUE INDEX mi ON m (a)")
    before = file_of_t(database)
    execute(database, sql)
    assert file_of_t(database) == before
    assert rules(tmp_path, sql) == set()


REFUSED = [
    "CREATE INDEX CONCURRENTLY i ON t (a);",
    "DROP INDEX CONCURRENTLY ix;",
    "REINDEX TABLE CONCURRENTLY t;",
    "REINDEX (CONCURRENTLY) TABLE t;",
    "VACUUM t;",
    "VACUUM FULL t;",
    "VACUUM (FULL, ANALYZE) t;",
    "ALTER SYSTEM SET work_mem = '8MB';",
    "CREATE DATABASE other_database;",
    "REINDEX SCHEMA public;",
]


@pytest.mark.parametrize("sql", REFUSED)
def test_what_is_told_not_to_run_in_a_transaction_is_refused_by_postgresql(
    tmp_path: Path, database: Connection, sql: str
):
    execute(database, f"{TABLE}; CREATE INDEX ix ON t (a)")
    database.commit()
    execute(database, "SELECT 1")
    with pytest.raises(psycopg2.errors.ActiveSqlTransaction):
        execute(database, sql)
    assert "transaction" in rules(tmp_path, sql)
    assert "transaction" not in rules(tmp_path, f"--changeset a:1 runInTransaction:false\n{sql}")


def test_a_concurrent_index_outside_of_a_transaction_is_fine(tmp_path: Path):
    assert rules(tmp_path, "--changeset a:1 runInTransaction:false\nCREATE INDEX CONCURRENTLY i ON t (a);") == set()


def test_a_table_of_the_same_changelog_needs_no_care(tmp_path: Path):
    text = """--changeset a:1
CREATE TABLE t (a int);
--changeset a:2
CREATE INDEX i ON t (a);
ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0);
ALTER TABLE t ADD COLUMN d uuid DEFAULT gen_random_uuid();
"""
    assert rules(tmp_path, text) == set()


def test_other_databases_have_no_such_locks(tmp_path: Path):
    found = lint(changesets(tmp_path, "--changeset a:1\nCREATE INDEX i ON t (a);"), "duckdb")
    assert [each.rule for each in found] == ["missing-rollback"]


EXTREMES = {
    "smallint": ["-32768", "32767"],
    "integer": ["-2147483648", "2147483647"],
    "bigint": ["-9223372036854775808", "9223372036854775807"],
    "numeric": ["1e30", "0.123456789012345678"],
    "numeric(10,2)": ["99999999.99", "-0.01"],
    "numeric(12,2)": ["9999999999.99"],
    "numeric(12,4)": ["99999999.9999"],
    "numeric(5,0)": ["99999"],
    "real": ["3.4028235e38", "1.1754944e-38"],
    "float8": ["1.7976931348623157e308", "0.1"],
    "text": ["a text longer than ten"],
    "char(5)": ["abcde"],
    "varchar": ["a text longer than ten"],
    "varchar(5)": ["abcde"],
    "varchar(10)": ["abcdefghij"],
    "date": ["1999-12-31"],
    "timestamp": ["1999-12-31 23:59:59.123456"],
    "timestamp(3)": ["1999-12-31 23:59:59.123"],
    "timestamptz": ["1999-12-31 23:59:59.123456+05"],
    "boolean": ["t", "f"],
    "json": ['{"a": 1}'],
    "jsonb": ['{"a": 1}'],
    "inet": ["10.1.2.3/8"],
    "cidr": ["10.0.0.0/8"],
    "integer[]": ["{1,2}"],
}
PAIRS = [(old, new) for old in EXTREMES for new in EXTREMES if old != new]


def test_a_type_said_to_keep_the_table_is_not_written_anew_by_postgresql(database: Connection):
    database.autocommit = True
    execute(database, "SET timezone = 'Pacific/Auckland'")  # with UTC even more changes are free
    missed, needless = [], []
    for old, new in PAIRS:
        execute(database, f"DROP TABLE IF EXISTS t; CREATE TABLE t (a {old})")
        before = file_of_t(database)
        try:
            execute(database, f"ALTER TABLE t ALTER COLUMN a TYPE {new} USING a::{new}")
        except psycopg2.Error:
            continue  # there is no such cast
        said = rewrites(sql_type(old, "postgresql"), sql_type(new, "postgresql"))
        rewritten = file_of_t(database) != before
        if rewritten and not said:
            missed.append((old, new))
        if said and not rewritten:
            needless.append((old, new))
    assert missed == []
    assert needless == []


def test_a_type_said_to_keep_all_values_keeps_them_on_postgresql(database: Connection):
    database.autocommit = True
    lost = []
    for old, new in PAIRS:
        if not keeps_values(sql_type(old, "postgresql"), sql_type(new, "postgresql")):
            continue
        for value in EXTREMES[old]:
            with database.cursor() as cursor:
                cursor.execute(f"SELECT (%s::{old})::{new}::text, (%s::{old})::text", [value, value])
                after, before = cursor.fetchone() or ("", "")
                cursor.execute(f"SELECT (%s::{new}::{old})::text", [after])
                back = cursor.fetchone()
                if back != (before,):
                    lost.append((old, new, value, after, back))
    assert lost == []
