"""A deploy that is killed (SIGKILL), at each point of its talk with the database and at random moments.

Afterwards no lock is left, the next deploy finishes, and each changeset has run exactly once.
"""

import random
import re
import time
from pathlib import Path

import pytest

from data_platform.schema.connecting import connect
from tests.schema.changelogs import written
from tests.schema.databases import deploy_text, locked, sql, tables
from tests.schema.deploy_process import started


def changelog(url: str) -> str:
    """Changesets of all kinds; each writes its number into `done`."""
    postgres = url.startswith("postgresql")
    wait = "SELECT pg_sleep(0.02);" if postgres else "SELECT sum(range) FROM range(3000000);"
    alone = "CREATE INDEX CONCURRENTLY i1 ON done (n);" if postgres else "CHECKPOINT;"
    apart = "runInTransaction:false"
    parts = [
        "--changeset a:0\nCREATE TABLE done (n int);",
        "--changeset a:1\nCREATE TABLE t1 (id int);\nINSERT INTO done VALUES (1);",
        f"--changeset a:2\nINSERT INTO done VALUES (2);\n{wait}\nALTER TABLE t1 ADD COLUMN name text;",
        f"--changeset a:3 {apart}\nINSERT INTO done VALUES (3);\n{alone}\n{wait}\nCREATE TABLE t3 (id int);",
        "--changeset a:4 runOnChange:true\nCREATE OR REPLACE VIEW v AS SELECT 1;\nINSERT INTO done VALUES (4);",
        f"--changeset a:5 {apart}\n{alone.replace('i1', 'i2')}",
        f"--changeset a:6\n{wait}\nINSERT INTO done VALUES (6);",
    ]
    return "\n".join(parts) + "\n"


EXPECTED = {(str(n), n + 1, "EXECUTED") for n in range(7)}


def fresh(url: str, attempt: int) -> str:
    """An empty database."""
    if url.startswith("duckdb"):
        return url.replace(".duckdb", f"{attempt}.duckdb")
    sql(url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS platform CASCADE")
    return url


def check(url: str, folder: Path, text: str) -> None:
    """What holds after a kill, and after the deploy that follows it."""
    if url.startswith("postgresql") and "public.databasechangeloglock" in tables(url):
        assert not locked(url)
    recorded = set()
    if any(name.endswith(".databasechangelog") for name in tables(url)):
        recorded = set(sql(url, "SELECT id, orderexecuted, exectype FROM databasechangelog"))
    assert recorded <= EXPECTED
    left = len(EXPECTED) - len(recorded)
    assert len(deploy_text(url, folder, text, wait_seconds=20).ran) == left
    assert set(sql(url, "SELECT id, orderexecuted, exectype FROM databasechangelog")) == EXPECTED
    assert sorted(sql(url, "SELECT n FROM done")) == [(1,), (2,), (3,), (4,), (6,)]
    assert not locked(url)
    assert sql(url, "SELECT count(*) FROM platform.schema_changesets WHERE statements_done IS NOT NULL") == [(0,)]
    if url.startswith("postgresql"):
        assert sql(url, "SELECT relname, indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indrelid = "
                        "'done'::regclass ORDER BY 1") == [("i1", True), ("i2", True)]  # fmt: skip
    database = connect(url)
    assert database.holder() is None
    database.close()
    assert deploy_text(url, folder, text).ran == ()


def points_of(url: str, folder: Path) -> int:
    """At how many points a deploy of everything can be killed."""
    output = started(url, folder, kill_at=1_000_000).communicate()[0]
    found = re.search(r"ran 7 past (\d+) points", output)
    assert found, output
    return int(found[1])


def killed_at(url: str, folder: Path, point: int) -> None:
    deploy = started(url, folder, kill_at=point)
    output = deploy.communicate(timeout=60)[0]
    assert deploy.returncode == -9, output


@pytest.mark.parametrize("part", range(4))
def test_a_deploy_killed_between_two_messages_is_finished_by_the_next(url: str, tmp_path: Path, part: int) -> None:
    text = changelog(url)
    written(tmp_path, text)
    points = points_of(fresh(url, 0), tmp_path)
    # from different quarters each time, and other ones in other runs
    point = random.randint(part * points // 4 + 1, (part + 1) * points // 4)  # noqa: S311
    url = fresh(url, 1)
    killed_at(url, tmp_path, point)
    check(url, tmp_path, text)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_deploy_can_be_killed_at_every_point(url: str, tmp_path: Path) -> None:
    text = changelog(url)
    written(tmp_path, text)
    points = points_of(fresh(url, 0), tmp_path)
    assert points > 50
    for point in range(1, points + 1):
        attempt = fresh(url, point)
        killed_at(attempt, tmp_path, point)
        check(attempt, tmp_path, text)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_deploy_can_be_killed_at_any_moment(url: str, tmp_path: Path) -> None:
    text = changelog(url)
    written(tmp_path, text)
    for attempt in range(1, 31):
        target = fresh(url, attempt)
        deploy = started(target, tmp_path)
        assert deploy.stdout
        deploy.stdout.readline()  # it began to talk
        time.sleep(random.uniform(0, 0.35))  # noqa: S311
        deploy.kill()
        deploy.communicate()
        check(target, tmp_path, text)
