"""The changelog lock: between deploys of ours, with Liquibase both ways, and when its holder dies.

Liquibase is played by plain sessions that send exactly its statements.
"""

import contextlib
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import duckdb
import psycopg2
import pytest

from data_platform.schema.connecting import connect
from data_platform.schema.errors import LockError
from data_platform.schema.events import Event, Kind
from data_platform.schema.lock import Holder
from data_platform.schema.names import Names
from tests.schema.changelogs import written
from tests.schema.databases import deploy_text, locked, rows, sql
from tests.schema.deploy_process import started

LIQUIBASE = "vm (10.0.0.9%eth0)"
TAKE = (
    f"UPDATE databasechangeloglock SET LOCKED = TRUE, LOCKEDBY = '{LIQUIBASE}', LOCKGRANTED = NOW()"
    " WHERE ID = 1 AND LOCKED = FALSE"
)
GIVE = "UPDATE databasechangeloglock SET LOCKED = FALSE, LOCKEDBY = NULL, LOCKGRANTED = NULL WHERE ID = 1"
ONE = "--changeset a:1\nCREATE TABLE t1 (id int);\n"


def slow(seconds: float, changeset: str = "slow", attributes: str = "") -> str:
    return f"--changeset a:{changeset} {attributes}\nSELECT pg_sleep({seconds});\n"


def soon(condition: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "that did not happen in time"
        time.sleep(0.02)


def runs(url: str, text: str) -> bool:
    """Whether a session executes a statement like this now."""
    query = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE %s AND pid <> pg_backend_pid()"
    return bool(sql(url, query, [f"%{text}%"]))


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def liquibase_takes(url: str) -> int:
    """What Liquibase does to get the lock, once: read it, then update it; the number of rows that changed."""
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT LOCKED FROM databasechangeloglock WHERE ID=1")
            if cursor.fetchone() == (True,):
                return 0
            cursor.execute(TAKE)
            return cursor.rowcount
    finally:
        connection.close()


def test_of_deploys_at_once_one_works_and_the_others_find_nothing_to_do(url: str, tmp_path: Path) -> None:
    wait = "SELECT pg_sleep(0.3);" if url.startswith("postgresql") else "SELECT sum(range) FROM range(30000000);"
    text = "".join(f"--changeset a:{n}\nCREATE TABLE t{n} (id int);\n{wait}\n" for n in range(4))
    written(tmp_path, text)
    deploys = [started(url, tmp_path) for _ in range(3)]
    outputs = [deploy.communicate(timeout=60)[0] for deploy in deploys]
    assert [deploy.returncode for deploy in deploys] == [0] * 3, outputs
    assert sorted(output.splitlines()[-1] for output in outputs) == ["ran 0", "ran 0", "ran 4"]
    assert rows(url) == [(str(n), n + 1, "EXECUTED") for n in range(4)]
    assert not locked(url)


def test_liquibase_waits_for_our_deploy_and_gets_the_lock_after_it(
    postgres: str, tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    deploy_text(postgres, tmp_path, ONE)
    ours = pool.submit(deploy_text, postgres, tmp_path, ONE + slow(1.5))
    soon(lambda: runs(postgres, "pg_sleep"))
    theirs = pool.submit(liquibase_takes, postgres)
    soon(lambda: runs(postgres, "LOCKED = TRUE"))
    assert not theirs.done()
    assert not locked(postgres)  # ours is not written anywhere
    assert theirs.result(15) == 1
    assert len(rows(postgres)) == 2
    assert len(ours.result(15).ran) == 1
    assert sql(postgres, "SELECT lockedby FROM databasechangeloglock") == [(LIQUIBASE,)]


def test_we_wait_for_liquibase_and_say_once_who_holds_the_lock(
    postgres: str, tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    deploy_text(postgres, tmp_path, ONE)
    sql(postgres, TAKE)
    events: list[Event] = []
    ours = pool.submit(deploy_text, postgres, tmp_path, ONE + slow(0), events=events, wait_seconds=30)
    soon(lambda: events)
    time.sleep(1)
    assert not ours.done()
    sql(postgres, GIVE)
    assert len(ours.result(15).ran) == 1
    told = [event.text for event in events if event.kind is Kind.WAITING]
    assert len(told) == 1
    assert re.search(rf"held by {re.escape(LIQUIBASE)} since 20\d\d-", told[0])


@pytest.mark.parametrize("wait_seconds", [0.0, 0.3])
def test_a_lock_that_stays_taken_is_an_error_that_says_what_to_do(
    url: str, tmp_path: Path, wait_seconds: float
) -> None:
    deploy_text(url, tmp_path, ONE)
    since = datetime(2024, 1, 2, 3, 4, 5)
    take = "UPDATE databasechangeloglock SET locked = true, lockedby = %s, lockgranted = %s"
    sql(url, take, ["other-host (10.0.0.9)", since])
    with pytest.raises(
        LockError, match=r"held.* by other-host \(10.0.0.9\) since 2024-01-02 03:04:05.*dp schema unlock"
    ):
        deploy_text(url, tmp_path, ONE + "--changeset a:2\nSELECT 2;\n", wait_seconds=wait_seconds)
    assert len(rows(url)) == 1
    assert sql(url, "SELECT locked, lockedby, lockgranted FROM databasechangeloglock") == [
        (True, "other-host (10.0.0.9)", since)
    ]


def test_a_lock_left_by_a_dead_liquibase_can_be_explained_and_cleared(url: str, tmp_path: Path) -> None:
    deploy_text(url, tmp_path, ONE)
    sql(url, "UPDATE databasechangeloglock SET locked = true, lockedby = 'h (1)', lockgranted = '2024-01-02 03:04:05'")
    database = connect(url)
    shown = database.holder()
    assert shown == Holder("h (1)", datetime(2024, 1, 2, 3, 4, 5), in_table=True)
    database.close()
    sql(url, "UPDATE databasechangeloglock SET lockedby = 'h (2)'")
    assert not connect(url).force_release(shown)  # it changed hands since
    assert locked(url)
    database = connect(url)
    other = database.holder()
    assert other is not None
    assert database.force_release(other)
    assert database.holder() is None
    database.close()
    assert not locked(url)


def test_a_lock_in_the_table_is_waited_for_and_its_holder_can_end_it(
    url: str, tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    deploy_text(url, tmp_path, ONE)
    sql(url, "UPDATE databasechangeloglock SET locked = true, lockedby = 'h (1)'")
    events: list[Event] = []
    text = ONE + "--changeset a:2\nSELECT 2;\n"
    ours = pool.submit(deploy_text, url, tmp_path, text, events=events, wait_seconds=30)
    soon(lambda: events)

    def ended() -> bool:
        try:
            sql(url, "UPDATE databasechangeloglock SET locked = false, lockedby = NULL")
        except duckdb.Error:  # we are just looking
            return False
        return True

    soon(ended)
    assert len(ours.result(15).ran) == 1


def in_a_long_statement(url: str, folder: Path) -> "subprocess.Popen[str]":
    """A deploy whose second changeset, after a statement that worked, takes half a minute."""
    wait = "SELECT pg_sleep(30);" if url.startswith("postgresql") else "SELECT sum(range) FROM range(30000000000);"
    written(folder, f"{ONE}--changeset a:2\nCREATE TABLE t2 (id int);\n{wait}\n")
    deploy = started(url, folder)
    assert deploy.stdout
    for line in deploy.stdout:
        if line.startswith("running v.sql::2"):
            break
    time.sleep(0.3)
    return deploy


def test_a_killed_deploy_frees_the_lock_by_itself(url: str, tmp_path: Path) -> None:
    deploy = in_a_long_statement(url, tmp_path)
    deploy.send_signal(signal.SIGKILL)
    deploy.wait()
    outcome = deploy_text(url, tmp_path, f"{ONE}--changeset a:2\nCREATE TABLE t2 (id int);\n", wait_seconds=20)
    assert len(outcome.ran) == 1
    assert [row[0] for row in rows(url)] == ["1", "2"]
    assert not locked(url)


def test_while_a_statement_of_a_killed_deploy_still_runs_others_are_kept_out(postgres: str, tmp_path: Path) -> None:
    deploy_text(postgres, tmp_path, ONE)
    # a server that does not look after its clients: the statement runs to its end
    text = "SET client_connection_check_interval = 0;\nSELECT pg_sleep(2.5);\n"
    written(tmp_path, f"{ONE}--changeset a:2\n{text}")
    deploy = started(postgres, tmp_path)
    soon(lambda: runs(postgres, "pg_sleep"))
    pid = deploy.pid
    deploy.kill()
    deploy.communicate()
    database = connect(postgres)
    holder = database.holder()
    database.close()
    assert holder is not None
    assert holder.who.startswith("dp schema deploy (")
    assert holder.who.endswith(f"{pid})")
    assert not holder.in_table
    with pytest.raises(LockError, match=f"held by dp schema deploy .*{pid}"):
        deploy_text(postgres, tmp_path, f"{ONE}--changeset a:2\n{text}")
    deploy_text(postgres, tmp_path, f"{ONE}--changeset a:2\n{text}", wait_seconds=20)
    assert [row[0] for row in rows(postgres)] == ["1", "2"]


def test_the_server_ends_a_statement_soon_whose_deploy_was_killed(postgres: str, tmp_path: Path) -> None:
    written(tmp_path, slow(60))
    deploy = started(postgres, tmp_path)
    soon(lambda: runs(postgres, "pg_sleep"))
    deploy.kill()
    deploy.communicate()
    soon(lambda: not runs(postgres, "pg_sleep"))


def test_an_interrupted_deploy_ends_at_once_and_lets_go(url: str, tmp_path: Path) -> None:
    deploy = in_a_long_statement(url, tmp_path)
    deploy.send_signal(signal.SIGINT)
    output = deploy.communicate(timeout=5)[0]
    assert "KeyboardInterrupt" in output
    assert deploy_text(url, tmp_path, ONE).ran == ()
    assert len(rows(url)) == 1
    assert not locked(url)


CONCURRENTLY = """--changeset a:i runInTransaction:false
CREATE INDEX CONCURRENTLY i1 ON t1 (id);
CREATE INDEX CONCURRENTLY i2 ON t1 (id);
"""


def test_an_index_is_built_concurrently_while_we_hold_the_lock(postgres: str, tmp_path: Path) -> None:
    assert len(deploy_text(postgres, tmp_path, ONE + CONCURRENTLY).ran) == 2
    assert sql(postgres, "SELECT count(*) FROM pg_index WHERE indisvalid AND indrelid = 't1'::regclass") == [(2,)]


@contextlib.contextmanager
def writer_of_t1(url: str) -> Iterator[None]:
    """A transaction that wrote to t1 and goes on: CREATE INDEX CONCURRENTLY waits for it."""
    connection = psycopg2.connect(url)
    connection.cursor().execute("INSERT INTO t1 VALUES (1)")
    yield
    connection.close()


def test_an_index_is_built_concurrently_while_liquibase_waits_for_our_lock(
    postgres: str, tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    deploy_text(postgres, tmp_path, ONE)
    text = CONCURRENTLY.replace("false\n", "false\nSELECT pg_sleep(1);\n") + slow(1.5)
    ours = pool.submit(deploy_text, postgres, tmp_path, ONE + text)
    soon(lambda: runs(postgres, "pg_sleep(1)"))
    theirs = pool.submit(liquibase_takes, postgres)
    soon(lambda: runs(postgres, "LOCKED = TRUE"))
    # now the index waits for Liquibase's snapshot, and Liquibase for our row: we make way by writing the lock down
    assert theirs.result(15) == 0
    soon(lambda: runs(postgres, "pg_sleep(1.5)"))
    assert locked(postgres)
    assert len(ours.result(15).ran) == 2
    assert not locked(postgres)
    assert sql(postgres, "SELECT count(*) FROM pg_index WHERE indisvalid AND indrelid = 't1'::regclass") == [(2,)]


def test_a_lock_that_a_killed_deploy_had_to_write_down_is_taken_over(
    postgres: str, tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    deploy_text(postgres, tmp_path, ONE)
    written(tmp_path, ONE + CONCURRENTLY)
    with writer_of_t1(postgres):
        deploy = started(postgres, tmp_path)
        soon(lambda: runs(postgres, "CONCURRENTLY i1"))
        theirs = pool.submit(liquibase_takes, postgres)
        assert theirs.result(15) == 0
        deploy.kill()
        deploy.communicate()
    assert locked(postgres)
    deploy_text(postgres, tmp_path, ONE + CONCURRENTLY, wait_seconds=20)
    assert not locked(postgres)
    assert [row[0] for row in rows(postgres)] == ["1", "i"]
    assert sql(postgres, "SELECT count(*) FROM pg_index WHERE indisvalid AND indrelid = 't1'::regclass") == [(2,)]


def test_an_index_is_built_concurrently_while_another_deploy_waits(
    postgres: str, tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    deploy_text(postgres, tmp_path, ONE)
    with writer_of_t1(postgres):
        ours = pool.submit(deploy_text, postgres, tmp_path, ONE + CONCURRENTLY)
        soon(lambda: runs(postgres, "CONCURRENTLY i1"))
        events: list[Event] = []
        (tmp_path / "other").mkdir()
        others = pool.submit(
            deploy_text, postgres, tmp_path / "other", ONE + CONCURRENTLY, events=events, wait_seconds=30
        )
        soon(lambda: events)
        time.sleep(1.5)
    assert len(ours.result(15).ran) == 1
    assert len(others.result(15).ran) == 0


def test_a_changeset_that_needs_the_lock_table_itself_does_not_hang(postgres: str, tmp_path: Path) -> None:
    deploy_text(postgres, tmp_path, ONE)
    text = "--changeset a:v runInTransaction:false\nVACUUM FULL databasechangeloglock;\n"
    assert len(deploy_text(postgres, tmp_path, ONE + text).ran) == 1
    assert not locked(postgres)


def test_a_deploy_whose_lock_was_taken_away_stops(postgres: str, tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    deploy_text(postgres, tmp_path, ONE)
    ours = pool.submit(deploy_text, postgres, tmp_path, ONE + slow(1) + "--changeset a:3\nSELECT 3;\n")
    soon(lambda: runs(postgres, "pg_sleep"))
    keeper = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'dp schema deploy%'"
    sql(postgres, keeper + " AND state = 'idle in transaction' AND datname = current_database()")
    with pytest.raises(LockError, match="was lost"):
        ours.result(15)
    assert [row[0] for row in rows(postgres)] == ["1", "slow"]


def test_changelogs_with_tables_of_their_own_do_not_wait_for_each_other(
    postgres: str, tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    sql(postgres, "CREATE SCHEMA app")
    ours = pool.submit(deploy_text, postgres, tmp_path, slow(1.5))
    soon(lambda: runs(postgres, "pg_sleep"))
    (tmp_path / "app").mkdir()
    deploy_text(postgres, tmp_path / "app", ONE, names=Names("app"))
    assert not ours.done()
    assert len(ours.result(15).ran) == 1


def test_reading_never_waits_for_the_lock(postgres: str, tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    deploy_text(postgres, tmp_path, ONE)
    ours = pool.submit(deploy_text, postgres, tmp_path, ONE + slow(1.5))
    soon(lambda: runs(postgres, "pg_sleep"))
    database = connect(postgres)
    assert len(database.history().rows) == 1
    assert len(database.notes()) == 1
    holder = database.holder()
    database.close()
    assert holder is not None
    assert holder.who.startswith("dp schema deploy (")
    assert not ours.done()
    ours.result(15)


def test_the_tables_may_be_made_by_liquibase_at_the_same_moment(postgres: str, tmp_path: Path) -> None:
    begin = threading.Barrier(2)

    def liquibase() -> None:
        connection = psycopg2.connect(postgres)
        connection.autocommit = True
        cursor = connection.cursor()
        begin.wait()
        with contextlib.suppress(psycopg2.Error):
            columns = "ID INTEGER PRIMARY KEY, LOCKED BOOLEAN NOT NULL, LOCKGRANTED TIMESTAMP, LOCKEDBY VARCHAR(255)"
            cursor.execute(f"CREATE TABLE databasechangeloglock ({columns})")
            cursor.execute("INSERT INTO databasechangeloglock (ID, LOCKED) VALUES (1, FALSE)")
        connection.close()

    for _ in range(10):
        other = threading.Thread(target=liquibase)
        other.start()
        begin.wait()
        assert len(deploy_text(postgres, tmp_path, ONE).ran) == 1
        other.join()
        assert sql(postgres, "SELECT id FROM databasechangeloglock") == [(1,)]
        sql(postgres, "DROP TABLE databasechangeloglock, databasechangelog, t1; DROP SCHEMA platform CASCADE")


def test_a_duckdb_file_that_another_process_has_is_waited_for_and_its_holder_named(
    duckdb_file: Path, tmp_path: Path
) -> None:
    url = f"duckdb:///{duckdb_file}"
    written(tmp_path, f"{ONE}--changeset a:2\nSELECT sum(range) FROM range(30000000000);\n")
    deploy = started(url, tmp_path)
    assert deploy.stdout
    for line in deploy.stdout:
        if line.startswith("running v.sql::2"):
            break
    holder = connect(url).holder()
    assert holder is not None
    assert holder.session == deploy.pid
    with pytest.raises(LockError, match=f"held.* by process {deploy.pid} "):
        connect(url, wait_seconds=0.2).history()
    deploy.kill()
    deploy.communicate()
    assert connect(url).holder() is None


def test_a_duckdb_file_that_this_process_has_open_otherwise_is_waited_for(duckdb_file: Path) -> None:
    url = f"duckdb:///{duckdb_file}"
    with duckdb.connect(str(duckdb_file)) as other:
        other.execute("CREATE TABLE t1 (id int)")
        database = connect(url, wait_seconds=0)
        with pytest.raises(LockError, match="held by this process"):
            database.history()
    assert database.history().rows == ()
    database.close()
