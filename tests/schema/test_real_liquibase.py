"""There and back again with the real Liquibase: what one deployed the other finds done."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from benchmarks.liquibase import Liquibase, fetched, missing
from data_platform.cli.main import run
from tests.end_to_end.debian_postgres import server
from tests.schema.changelogs import written
from tests.schema.replay import captured, in_folder

pytestmark = pytest.mark.slow

FIRST = """
--property name:size value:40
--changeset ann:1
CREATE TABLE t1 (id int, name varchar(${size}));
--rollback DROP TABLE t1;
--changeset ann:2 runOnChange:true labels:Views,x context:"dev or prod"
CREATE OR REPLACE VIEW v1 AS SELECT id FROM t1;
--rollback DROP VIEW v1;
--changeset ann:3 splitStatements:false
CREATE FUNCTION f(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN a; -- ;
END; $$;
--rollback DROP FUNCTION f;
--changeset "o'hara; --":"it's ""4"
--comment: it's; a "comment"
INSERT INTO t1 VALUES (1, 'a;b');
--rollback empty
"""
MORE = """
--changeset ann:5
--preconditions onFail:MARK_RAN
--precondition-sql-check expectedResult:2 select 1
CREATE TABLE t5 (id int);
--changeset ann:6
CREATE TABLE t6 (id int);
--rollback DROP TABLE t6;
"""


@pytest.fixture(scope="module")
def real() -> Liquibase:
    if why := missing():
        assert os.environ.get("CI") != "true", why
        pytest.skip(why)
    return fetched()


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with server() as url:
        yield url


@pytest.fixture
def url(database: str) -> str:
    with psycopg2.connect(database) as connection:
        connection.cursor().execute(
            "DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS platform CASCADE"
        )
    connection.close()
    return database


def ours(folder: Path, url: str, *arguments: str) -> str:
    with in_folder(folder), captured() as output:
        code = run(["schema", *arguments, "--changelog", "v.sql", "--database", url])
    assert code == 0, output()
    return str(output())


def theirs(real: Liquibase, folder: Path, url: str, *arguments: str) -> str:
    result = real.run(folder, url, "--changelog-file=v.sql", *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout + result.stderr


def rows(url: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, author, filename, orderexecuted, exectype, md5sum, description, comments, contexts, labels, tag"
            " FROM databasechangelog ORDER BY orderexecuted"
        )
        found = cursor.fetchall()
    connection.close()
    return found


def test_what_liquibase_deployed_we_find_done_and_it_finds_ours_done(real: Liquibase, tmp_path: Path, url: str) -> None:
    written(tmp_path, FIRST)
    theirs(real, tmp_path, url, "update")
    assert "up to date (4 deployed)" in ours(tmp_path, url, "status")
    assert "0 changesets ran" in ours(tmp_path, url, "deploy")
    written(tmp_path, FIRST + MORE)
    assert "1 changeset ran, 1 marked as run" in ours(tmp_path, url, "deploy")
    assert "is up to date" in theirs(real, tmp_path, url, "status")
    before = rows(url)
    assert "Run:                          0" in theirs(real, tmp_path, url, "update")
    assert rows(url) == before
    theirs(real, tmp_path, url, "rollback-count", "--count=1")
    assert "1 changeset has not been deployed" in ours(tmp_path, url, "status")


def test_what_we_deployed_liquibase_finds_done_and_we_find_its_done(real: Liquibase, tmp_path: Path, url: str) -> None:
    written(tmp_path, FIRST)
    ours(tmp_path, url, "deploy")
    assert "is up to date" in theirs(real, tmp_path, url, "status")
    written(tmp_path, FIRST + MORE)
    theirs(real, tmp_path, url, "update")
    assert "0 changesets ran; 6 deployed before" in ours(tmp_path, url, "deploy")
    ours(tmp_path, url, "rollback", "--count", "2")
    assert "2 changesets have not been applied" in theirs(real, tmp_path, url, "status")


def test_both_write_the_same_rows(real: Liquibase, tmp_path: Path, url: str) -> None:
    written(tmp_path, FIRST + MORE)
    theirs(real, tmp_path, url, "update", "--contexts=dev")
    expected = rows(url)
    with psycopg2.connect(url) as connection:
        connection.cursor().execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    connection.close()
    ours(tmp_path, url, "deploy", "--contexts", "dev")
    assert rows(url) == expected
