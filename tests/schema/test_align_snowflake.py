"""Alignment of Snowflake, as far as it goes without an account: recorded rows in, recorded SQL out, and the connection.

Nothing here is verified against Snowflake itself: see recorded_sql/align/README.md.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from data_platform.schema.address import read_address
from data_platform.schema.align.applying import apply_with
from data_platform.schema.align.dialects import SNOWFLAKE
from data_platform.schema.align.errors import AlignError
from data_platform.schema.align.loading import read_files
from data_platform.schema.align.plan import Step, make_steps
from data_platform.schema.align.planning import changes
from data_platform.schema.align.registry import record
from data_platform.schema.align.resolving import resolve
from data_platform.schema.align.scope import scope_of
from data_platform.schema.align.snowflake import SnowflakeEngine, with_texts
from data_platform.schema.align.snowflake_reading import read
from data_platform.schema.align.snowflake_sql import literal, statements
from data_platform.schema.align.view_sql import query_of, same_tokens
from data_platform.schema.errors import DatabaseError
from data_platform.schema.snowflake_session import SnowflakeSession

CASES = sorted(path.parent for path in (Path(__file__).parent / "recorded_sql" / "align").glob("*/state.json"))
VARIABLES = {"environment": "dev"}


def planned(case: Path) -> tuple[Step, ...]:
    state: dict[str, Any] = json.loads((case / "state.json").read_text())
    desired = with_texts(resolve(read_files([case / "desired.yaml"]), SNOWFLAKE, VARIABLES))
    actual = read(
        lambda statement: state[statement],
        scope_of(desired),
        name="SALES",
        applier=state.get("applier", "SYSADMIN"),
        managed=[tuple(row) for row in state.get("managed", [])],
    )
    return make_steps(
        changes(desired, actual), statements, lambda change: record(change, desired.alignment, SNOWFLAKE, literal)
    )


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_the_sql_is_the_recorded_one(case: Path):
    made = ""
    for step in planned(case):
        made += "".join(f"{statement};{f' -- {step.consent}' if step.consent else ''}\n" for statement in step.sql)
        made += "".join(f"-- {statement};\n" for statement in step.bookkeeping)
    expected = case / "expected.sql"
    if os.environ.get("DP_RECORD"):
        expected.write_text(made)
    assert made == expected.read_text()


def test_there_are_cases():
    assert {"drift", "from_nothing", "nothing_to_do", "renames_and_drops"} <= {case.name for case in CASES}
    assert planned(next(case for case in CASES if case.name == "nothing_to_do")) == ()


def test_a_schema_is_not_dropped_with_what_is_in_it(tmp_path: Path):
    """Snowflake would: so what it holds is looked for first."""
    (tmp_path / "desired.yaml").write_text("schemas: [{name: sales.marts, adopt: true, deleted: true}]")
    schema = 'IN SCHEMA "SALES"."MARTS"'
    words = ("TABLES", "VIEWS", "SEQUENCES", "FILE FORMATS", "STREAMS", "TASKS", "PIPES", "USER FUNCTIONS")
    state = {f"SHOW {word} {schema}": [] for word in words} | {
        "SHOW DATABASES": [{"name": "SALES", "owner": "SYSADMIN", "comment": ""}],
        'SHOW SCHEMAS IN DATABASE "SALES"': [{"name": "MARTS", "owner": "SYSADMIN", "comment": ""}],
        'SHOW GRANTS ON SCHEMA "SALES"."MARTS"': [],
        f"SHOW STAGES {schema}": [{"name": "LANDING"}],
        f"SHOW USER PROCEDURES {schema}": [],
        f"SHOW FUTURE GRANTS {schema}": [],
    }
    (tmp_path / "state.json").write_text(json.dumps(state))
    with pytest.raises(AlignError, match=r"schema SALES\.MARTS cannot be dropped: it holds stage LANDING"):
        planned(tmp_path)


@pytest.mark.parametrize(
    ("statement", "query"),
    [
        ("create view a.b.c as select 1 as x;", "select 1 AS x"),
        ("CREATE OR REPLACE SECURE VIEW v(a, b) COMMENT='as' COPY GRANTS AS (SELECT 1 -- one\n)", "(select 1)"),
        ('create view "AS" as with q as (select 1) select * from q', "WITH q AS (SELECT 1) SELECT * FROM q"),
        ("create view v as select 'As  it is', \"As\" from t", "select 'As  it is', \"As\" from t"),
    ],
)
def test_the_query_of_a_view_is_found_in_what_snowflake_shows(statement: str, query: str):
    assert query_of(statement, SNOWFLAKE) == same_tokens(query, SNOWFLAKE)


def test_texts_differ_where_their_meaning_may():
    for other in ("select 'as it is'", 'select "a"', "select A  , b", "select a.b"):
        assert same_tokens("select 'as  it is'", SNOWFLAKE) != same_tokens(other, SNOWFLAKE)
        assert same_tokens('select "A"', SNOWFLAKE) != same_tokens(other, SNOWFLAKE)


class RecordedConnection:
    """Answers with recorded rows, keeps what it was sent, and fails at one statement. It stands for the connector."""

    def __init__(self, answers: Mapping[str, Sequence[Mapping[str, Any]]], fails_at: str = "") -> None:
        self.answers, self.fails_at = answers, fails_at
        self.sent: list[str] = []
        self.description: list[tuple[str]] | None = None
        self.rows: list[tuple[Any, ...]] = []
        self.connection = self

    def cursor(self) -> "RecordedConnection":
        return self

    def execute(self, statement: str, values: object = None) -> None:
        if self.fails_at and self.fails_at in statement:
            raise RuntimeError("SQL access control error")
        self.sent.append(statement)
        rows = self.answers.get(statement)
        self.description = [(name,) for name in rows[0]] if rows else [("name",)] if rows is not None else None
        self.rows = [tuple(row.values()) for row in rows or ()]

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.rows

    def close(self) -> None:
        self.sent.append("closed")


ACCOUNT: dict[str, list[dict[str, Any]]] = {
    "SELECT CURRENT_ACCOUNT(), CURRENT_DATABASE()": [{"CURRENT_ACCOUNT()": "XY1", "CURRENT_DATABASE()": "SALES"}],
    "SELECT CURRENT_ROLE()": [{"CURRENT_ROLE()": "SYSADMIN"}],
    "SHOW TABLES LIKE 'ALIGNED_OBJECTS'": [],
    "SHOW ROLES": [{"name": "PUBLIC", "comment": "", "owner": ""}],
}


def test_steps_before_one_that_fails_stay_and_the_error_says_so(tmp_path: Path):
    path = tmp_path / "desired.yaml"
    path.write_text("roles: [{name: a}, {name: b}, {name: c}]")
    connection = RecordedConnection(ACCOUNT, fails_at='CREATE ROLE "B"')
    engine = SnowflakeEngine(SnowflakeSession(read_address("snowflake://me@xy1/sales"), connection))
    desired = resolve(read_files([path]), SNOWFLAKE, {})
    with pytest.raises(DatabaseError, match="create role B: SQL access control error -> the steps before it stay"):
        apply_with(engine, desired, allow=())
    sent = [statement for statement in connection.sent if "ROLE" in statement or "INSERT" in statement]
    assert 'CREATE ROLE "A"' in sent
    assert 'CREATE ROLE "C"' not in sent
    # what is about to be made is recorded first, so that the next alignment knows it as its own
    assert sent.index('CREATE ROLE "A"') > next(at for at, text in enumerate(sent) if "'A', 'platform'" in text)
