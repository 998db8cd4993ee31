"""What a deploy sends to Snowflake, compared with what Liquibase sends.

A stand-in takes the place of the connection: it keeps the statements it is sent and answers a few questions (is a table
there, is the lock free, how far did a changeset come). That proves the text of the statements and their order. It does
not prove that Snowflake accepts them, that its locks and clock behave so, or anything about privileges, sessions and
time zones.
"""

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from data_platform.errors import UsageError
from data_platform.schema import snowflake_lock
from data_platform.schema.address import read_address
from data_platform.schema.changelog import load_changelog
from data_platform.schema.changeset import Identity
from data_platform.schema.deploy import Options, deploy
from data_platform.schema.errors import ChangesetError, LockError
from data_platform.schema.expressions import Selection
from data_platform.schema.names import Names
from data_platform.schema.snowflake import SnowflakeDatabase
from data_platform.schema.snowflake_session import credentials
from data_platform.schema.writes import Insert, Row
from tests.schema.changelogs import written

TRACE = Path(__file__).parent / "golden/cases/38-snowflake-statement-trace"
URL = "snowflake://me@acme-prod/d/s?warehouse=wh"
HISTORY = (
    "id author filename dateexecuted orderexecuted exectype md5sum description comments tag liquibase contexts labels"
)


class SnowflakeError(Exception):
    def __init__(self, msg: str, errno: int = 1003) -> None:
        super().__init__(msg)
        self.msg, self.errno = msg, errno


class StandIn:
    """Plays the connection; see the module."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.there: set[str] = set()
        self.fails: set[str] = set()
        self.lockedby: str | None = None
        self.progress: tuple[Any, ...] | None = None
        self.sessions = 0

    def connect(self) -> "StandIn":
        self.sessions += 1
        return self

    def cursor(self) -> "Cursor":
        return Cursor(self)

    def close(self) -> None:
        self.sessions -= 1

    def answer(self, sql: str, values: Sequence[Any]) -> tuple[int, list[str], list[tuple[Any, ...]]]:
        """(rows changed, names of the columns, rows)."""
        texts = ["NULL" if each is None else f"'{each}'" if isinstance(each, str) else str(each) for each in values]
        self.sent.append(sql % tuple(texts) if texts else sql)
        if any(part in sql for part in self.fails):
            raise SnowflakeError("001003 (42000): SQL compilation error:\nerror line 2 at position 7\nit fails")
        if made := re.match(r"CREATE TABLE IF NOT EXISTS (\S+)", sql):
            self.there.add(made[1])
        if sql.startswith("UPDATE") and "LOCKGRANTED =" in sql:
            return self.lock(sql, values[0]), [], []
        if asked := re.search(r"^SELECT .* FROM (\S+) (?:WHERE|ORDER)", sql):
            return 0, *self.rows(sql, asked[1])
        return 1, [], []

    def rows(self, sql: str, table: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        if table not in self.there:
            raise SnowflakeError("002003 (42S02): does not exist or not authorized", 2003)
        if "LOCKEDBY" in sql:
            return ["lockedby", "lockgranted"], [(self.lockedby, None)] if self.lockedby else []
        if "CONTENT_HASH" in sql:
            return ["filename"], [("v.sql", "3", "a", None, *self.progress)] if self.progress else []
        return HISTORY.split(), []

    def lock(self, sql: str, who: str) -> int:
        if "SET LOCKED = TRUE" in sql:
            if self.lockedby is not None:
                return 0
            self.lockedby = who
            return 1
        mine = who == self.lockedby
        if "SET LOCKED = FALSE" in sql and mine:
            self.lockedby = None
        return int(mine)


class Cursor:
    def __init__(self, connection: StandIn) -> None:
        self.connection = connection
        self.rowcount = 0
        self.description: list[tuple[str]] | None = None
        self.rows: list[tuple[Any, ...]] = []

    def execute(self, sql: str, values: Sequence[Any] | None = None) -> None:
        self.rowcount, columns, self.rows = self.connection.answer(sql, values or ())
        self.description = [(name,) for name in columns] or None

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.rows


def deployed(stand_in: StandIn, folder: Path, text: str | None = None, names: Names | None = None) -> SnowflakeDatabase:
    if text is not None:
        written(folder, text)
    else:
        folder = TRACE
    selection = Selection(dbms="snowflake")
    database = SnowflakeDatabase(read_address(URL), names or Names(), stand_in.connect)
    changelog = load_changelog(folder / "v.sql", folders=[folder], selection=selection)
    deploy(database, changelog, selection, Options(wait_seconds=0))
    return database


def comparable(sql: str) -> str:
    """Without what differs from run to run, and from one tool to the other."""
    sql = re.sub(r"'(vm \(|dp schema deploy)[^']*'", "'us'", sql)
    sql = re.sub(r"'(4\.28\.0|dp [\d.]+)', '\d{10}'", "'version', 'deployment'", sql)
    return sql.replace("CREATE TABLE IF NOT EXISTS", "CREATE TABLE").rstrip(";")


def test_liquibases_tables_changesets_and_rows_are_written_in_liquibases_words(tmp_path: Path) -> None:
    stand_in = StandIn()
    deployed(stand_in, tmp_path)
    trace = (TRACE / "liquibase_4.28.0_snowflake_statements.sql").read_text().partition("--no-op")[0]
    theirs = [comparable(line) for line in trace.splitlines()]
    ours = [comparable(line) for line in stand_in.sent]
    in_order = r"INSERT INTO D\.S\.DATABASECHANGELOG |CREATE (TABLE t1|OR REPLACE)|INSERT INTO t1"
    assert [line for line in ours if re.match(in_order, line)] == [line for line in theirs if re.match(in_order, line)]
    # besides, the tables, and reading the history
    in_any_order = r"CREATE TABLE D\.S|SELECT \* FROM D"
    assert {line for line in theirs if re.match(in_any_order, line)} <= set(ours)


def test_ddl_runs_statement_by_statement_with_its_progress(tmp_path: Path) -> None:
    stand_in = StandIn()
    deployed(stand_in, tmp_path, "--changeset a:1\nCREATE TABLE t1 (id int);\nCREATE TABLE t2 (id int);\n")
    first, second = (stand_in.sent.index(f"CREATE TABLE t{n} (id int)") for n in (1, 2))
    assert "STATEMENTS_DONE" in stand_in.sent[first - 1]
    assert re.search(r"STATEMENTS_DONE = 1, STATEMENTS_TOTAL = 2", stand_in.sent[first + 1])
    assert stand_in.sent[second + 1] == "BEGIN"
    assert stand_in.sent[second + 2].startswith("INSERT INTO D.S.DATABASECHANGELOG (")
    assert "STATEMENTS_DONE = NULL" in stand_in.sent[second + 3]
    assert stand_in.sent[second + 4] == "COMMIT"


def test_changes_of_rows_only_are_one_transaction_with_their_history(tmp_path: Path) -> None:
    stand_in = StandIn()
    deployed(stand_in, tmp_path, "--changeset a:1\nINSERT INTO t1 VALUES (1);\nUPDATE t1 SET id = 2;\n")
    begin = stand_in.sent.index("BEGIN")
    assert stand_in.sent[begin + 1 : begin + 3] == ["INSERT INTO t1 VALUES (1)", "UPDATE t1 SET id = 2"]
    assert stand_in.sent[begin + 3].startswith("INSERT INTO D.S.DATABASECHANGELOG ")
    assert "COMMIT" in stand_in.sent[begin + 4 : begin + 6]


def test_a_changeset_that_fails_midway_is_noted_and_resumed(tmp_path: Path) -> None:
    text = "--changeset a:3\nCREATE TABLE t1 (id int);\nCREATE TABLE\n  t2 (id int);\n"
    stand_in = StandIn()
    stand_in.fails = {"t2"}
    with pytest.raises(ChangesetError, match=r"v\.sql:5: changeset v\.sql::3::a failed: .*it fails \[CREATE TABLE t2"):
        deployed(stand_in, tmp_path, text)
    (noted,) = (sql for sql in stand_in.sent if "it fails" in sql)
    found = re.search(r"STATEMENTS_DONE = (\d), STATEMENTS_TOTAL = (\d), DONE_HASH = '(\w+)'", noted)
    assert found
    assert stand_in.lockedby is None
    stand_in.sent, stand_in.fails = [], set()
    stand_in.progress = (int(found[1]), int(found[2]), found[3], "it fails")
    deployed(stand_in, tmp_path, text)
    assert "CREATE TABLE t1 (id int)" not in stand_in.sent
    assert "CREATE TABLE\n  t2 (id int)" in stand_in.sent


def test_the_lock_is_taken_conditionally_and_only_our_own_is_released(tmp_path: Path) -> None:
    stand_in = StandIn()
    deployed(stand_in, tmp_path)
    (take,) = (sql for sql in stand_in.sent if "SET LOCKED = TRUE" in sql)
    (give,) = (sql for sql in stand_in.sent if "SET LOCKED = FALSE" in sql)
    assert re.fullmatch(
        r"UPDATE D\.S\.DATABASECHANGELOGLOCK SET LOCKED = TRUE, LOCKEDBY = '(dp schema deploy \(.*\) \w+)',"
        r" LOCKGRANTED = sysdate\(\) WHERE ID = 1 AND \(LOCKED = FALSE OR \(STARTSWITH\(LOCKEDBY, 'dp schema deploy'\)"
        r" AND LOCKGRANTED < dateadd\(second, -300, sysdate\(\)\)\)\)",
        take,
    )
    assert re.search(r"WHERE ID = 1 AND LOCKEDBY = 'dp schema deploy \(.*\) \w+'$", give)
    assert stand_in.lockedby is None
    assert stand_in.sessions == 1  # the one that renewed it is gone


def test_somebody_elses_lock_is_left_alone(tmp_path: Path) -> None:
    stand_in = StandIn()
    stand_in.lockedby = "vm (10.0.0.9)"
    with pytest.raises(LockError, match=r"held by vm \(10\.0\.0\.9\).*dp schema unlock"):
        deployed(stand_in, tmp_path)
    assert stand_in.lockedby == "vm (10.0.0.9)"
    assert not any("t1" in sql for sql in stand_in.sent)


def test_a_lease_is_renewed_and_a_deploy_that_lost_it_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snowflake_lock, "RENEWAL", 0.05)
    stand_in = StandIn()
    written(tmp_path, "--changeset a:1\nCREATE TABLE t1 (id int);\n--changeset a:2\nCREATE TABLE t2 (id int);\n")
    database = SnowflakeDatabase(read_address(URL), Names(), stand_in.connect)
    changelog = load_changelog(tmp_path / "v.sql", folders=[tmp_path])
    calls = 0

    def fence() -> None:
        nonlocal calls
        calls += 1
        time.sleep(0.3)
        if calls == 2:
            stand_in.lockedby = "dp schema deploy (another, 1) abc"
            time.sleep(0.3)

    with pytest.raises(LockError, match="was lost"):
        deploy(database, changelog, Selection(), Options(fence=fence))
    assert any("SET LOCKGRANTED = sysdate() WHERE ID = 1 AND LOCKEDBY = 'dp schema" in sql for sql in stand_in.sent)
    assert "CREATE TABLE t1 (id int)" in stand_in.sent
    assert "CREATE TABLE t2 (id int)" not in stand_in.sent
    assert stand_in.lockedby == "dp schema deploy (another, 1) abc"


def test_a_changeset_that_uses_another_schema_does_not_take_the_next_one_along(tmp_path: Path) -> None:
    stand_in = StandIn()
    text = "--changeset a:1\nUSE SCHEMA other;\n--changeset a:2\nCREATE TABLE t2 (id int);\n"
    deployed(stand_in, tmp_path, text)
    assert stand_in.sent.index("USE SCHEMA D.S") < stand_in.sent.index("CREATE TABLE t2 (id int)")


def test_names_are_written_as_snowflake_knows_them(tmp_path: Path) -> None:
    stand_in = StandIn()
    deployed(stand_in, tmp_path, "--changeset a:1\nSELECT 1;\n", Names("app", "Ops", "my_log", "my-lock"))
    assert any(sql.startswith('CREATE TABLE IF NOT EXISTS D."Ops".MY_LOG (ID VARCHAR(255)') for sql in stand_in.sent)
    assert any(sql.startswith('CREATE TABLE IF NOT EXISTS D."Ops"."MY-LOCK" (ID INT NOT NULL') for sql in stand_in.sent)


def test_literals_shown_have_their_backslashes_doubled() -> None:
    database = SnowflakeDatabase(read_address(URL), Names(), StandIn().connect)
    row = Row(Identity("v.sql", "a\\'b", "a"), 1, "EXECUTED", None, "sql", "", None, "dp", None, None, "1")
    (text,) = database.as_text([Insert(row)])
    assert r"'a\\''b'" in text


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"SNOWFLAKE_PASSWORD": "p"}, {"password": "p"}),
        ({"SNOWFLAKE_PASSWORD": "p", "SNOWFLAKE_PRIVATE_KEY_PATH": "k"}, {"private_key_file": "k"}),
        (
            {"SNOWFLAKE_PRIVATE_KEY_PATH": "k", "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE": "x"},
            {"private_key_file": "k", "private_key_file_pwd": "x"},
        ),
    ],
)
def test_the_proof_of_who_we_are_comes_from_the_environment(
    variables: dict[str, str], expected: dict[str, str]
) -> None:
    assert credentials(variables) == expected


def test_without_a_password_or_key_it_says_what_to_set() -> None:
    with pytest.raises(UsageError, match="SNOWFLAKE_PRIVATE_KEY_PATH"):
        credentials({})
