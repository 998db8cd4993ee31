"""Every recorded run of the real Liquibase (golden/README.md), done again: the same rows, exit codes and messages.

Where Liquibase's behaviour is a known defect, `replay.DIFFERENT` says what ours is instead.
"""

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.schema.replay import Replay, connected

CASES = Path(__file__).parent / "golden" / "cases"
# background processes, locks of others and Snowflake have tests of their own below and in test_snowflake*.py
OWN_TESTS = {"21-lock-two-updates", "29-lock-stolen-by-second-update", "37-snowflake-offline-sql"} | {
    "24-killed-during-update-kill9",
    "24-killed-during-update-term",
    "38-snowflake-statement-trace",
}


@pytest.mark.parametrize("case", sorted(p.name for p in CASES.iterdir() if p.name not in OWN_TESTS))
def test_dp_schema_does_what_liquibase_did(case: str, postgres: str, tmp_path: Path) -> None:
    Replay(CASES / case, tmp_path, postgres).run()


DP = Path(sys.executable).with_name("dp")


def start(folder: Path, url: str, changelog: str = "v.sql", *more: str) -> subprocess.Popen[str]:
    """A deploy in a process of its own."""
    return subprocess.Popen(
        [DP, "schema", "deploy", "--changelog", changelog, "--database", url, *more],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def until(condition: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def running(url: str, text: str) -> bool:
    with connected(url) as cursor:
        cursor.execute(
            "select count(*) from pg_stat_activity"
            " where state = 'active' and query ilike %s and pid <> pg_backend_pid()",
            (f"%{text}%",),
        )
        return bool(cursor.fetchone()[0])


def recorded(url: str) -> list[tuple[str, str, int]]:
    with connected(url) as cursor:
        cursor.execute("select id, exectype, orderexecuted from databasechangelog order by orderexecuted")
        return list(cursor.fetchall())


def test_of_two_deploys_at_once_one_works_and_the_other_finds_nothing_to_do(postgres: str, tmp_path: Path) -> None:
    # case 21
    (tmp_path / "v.sql").write_text(
        "--liquibase formatted sql\n--changeset a:1\nselect 1;\n--changeset a:slow\nselect pg_sleep(2);\n"
    )
    first = start(tmp_path, postgres)
    until(lambda: running(postgres, "pg_sleep"))
    second = start(tmp_path, postgres)
    outputs = [process.communicate(timeout=60)[0] for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], outputs
    assert "waiting up to" in outputs[1]
    assert "dp schema deploy" in outputs[1]
    assert "0 changesets ran; 2 deployed before" in outputs[1]
    assert recorded(postgres) == [("1", "EXECUTED", 1), ("slow", "EXECUTED", 2)]


@pytest.mark.parametrize("signal", ["kill", "terminate"])
def test_a_killed_deploy_leaves_no_lock_and_the_next_one_finishes(signal: str, postgres: str, tmp_path: Path) -> None:
    # case 24: the real one leaves its lock taken
    text = (
        "--liquibase formatted sql\n--changeset a:1\nCREATE TABLE t1 (id int);\n"
        "--changeset a:slow\nCREATE TABLE t2 (id int);\nselect pg_sleep(60);\n"
        "--changeset a:3\nCREATE TABLE t3 (id int);\n"
    )
    (tmp_path / "v.sql").write_text(text)
    killed = start(tmp_path, postgres)
    until(lambda: running(postgres, "pg_sleep"))
    getattr(killed, signal)()
    killed.communicate(timeout=60)
    assert recorded(postgres) == [("1", "EXECUTED", 1)]
    (tmp_path / "v.sql").write_text(text.replace("pg_sleep(60)", "pg_sleep(0)"))
    again = start(tmp_path, postgres)
    output, _ = again.communicate(timeout=60)
    assert again.returncode == 0, output
    assert recorded(postgres) == [("1", "EXECUTED", 1), ("slow", "EXECUTED", 2), ("3", "EXECUTED", 3)]
    with connected(postgres) as cursor:
        cursor.execute("select locked from databasechangeloglock")
        assert cursor.fetchall() == [(False,)]


def test_a_deploy_with_nothing_to_do_never_frees_the_lock_of_another(postgres: str, tmp_path: Path) -> None:
    # case 29: the real one frees it, and a third runs the same changeset at the same time
    (tmp_path / "old.sql").write_text("--liquibase formatted sql logicalFilePath:v\n--changeset a:1\nselect 1;\n")
    assert start(tmp_path, postgres, "old.sql").wait(30) == 0
    (tmp_path / "new.sql").write_text(
        "--liquibase formatted sql logicalFilePath:v\n--changeset a:1\nselect 1;\n--changeset a:slow\n"
        "CREATE TABLE IF NOT EXISTS ran (pid int); INSERT INTO ran VALUES (pg_backend_pid()); select pg_sleep(2);\n"
    )
    first = start(tmp_path, postgres, "new.sql")
    until(lambda: running(postgres, "pg_sleep"))
    assert start(tmp_path, postgres, "old.sql").wait(30) == 0
    third = start(tmp_path, postgres, "new.sql")
    assert first.wait(30) == 0
    assert third.wait(30) == 0
    with connected(postgres) as cursor:
        cursor.execute("select count(*) from ran")
        assert cursor.fetchone() == (1,)


def test_the_lock_of_a_running_liquibase_is_waited_for(postgres: str, tmp_path: Path) -> None:
    # the other half of cases 21 and 22: the real one writes into its table that it holds the lock
    (tmp_path / "v.sql").write_text("--liquibase formatted sql\n--changeset a:1\nselect 1;\n")
    assert start(tmp_path, postgres).wait(30) == 0
    (tmp_path / "v.sql").write_text(
        "--liquibase formatted sql\n--changeset a:1\nselect 1;\n--changeset a:2\nselect 2;\n"
    )
    with connected(postgres) as cursor:
        cursor.execute(
            "update databasechangeloglock"
            " set locked = true, lockgranted = now(), lockedby = 'other (10.0.0.9)' where id = 1"
        )
        waiting = start(tmp_path, postgres)
        time.sleep(2)
        assert waiting.poll() is None
        assert [row[0] for row in recorded(postgres)] == ["1"]
        threading.Timer(
            0.1, cursor.execute, ["update databasechangeloglock set locked = false, lockedby = null where id = 1"]
        ).start()
        output, _ = waiting.communicate(timeout=30)
    assert waiting.returncode == 0, output
    assert "other (10.0.0.9)" in output
    assert [row[0] for row in recorded(postgres)] == ["1", "2"]
