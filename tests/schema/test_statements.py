"""Splitting SQL into statements: never fooled by quotes, comments and bodies; PostgreSQL and DuckDB are the judges."""

import re
from collections.abc import Iterator, Sequence

import duckdb
import psycopg2
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from data_platform.schema.changes import Sql
from data_platform.schema.errors import ChangelogError
from data_platform.schema.statements import split


@pytest.fixture
def server_cursor(postgres: str) -> Iterator[Cursor]:
    connection = psycopg2.connect(postgres)
    connection.autocommit = True
    yield connection.cursor()
    connection.close()


def texts(
    sql: str, dbms: str = "postgresql", *, parts: bool = True, strip: bool = True, end: str | None = None
) -> list[str]:
    return [each.text for each in split(Sql(sql, 1, parts, strip, end), "v.sql", dbms)]


# in the tables, ¦ stands between the statements that are expected
RULE = "create rule r as on insert to t do also (insert into a values (1); insert into b values (2))"
ATOMIC = "create function f() returns int begin atomic select 1; select case when true then 1 else 2 end; end"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1; select 2;", "select 1¦select 2"),
        ("select 1\nGO\nselect 2\ngo  \n", "select 1¦select 2"),
        ("select 1\n/\nselect 4 / 2\n/", "select 1¦select 4 / 2"),
        ("select 1 as\n  go\n", "select 1 as\n  go"),
        ("select 'a;b', 'it''s; so'; select 2", "select 'a;b', 'it''s; so'¦select 2"),
        ('select "c;d", "x"";y"; select 2', 'select "c;d", "x"";y"¦select 2'),
        (r"select E'a\'; b', 'c\'; select 2", r"select E'a\'; b', 'c\'¦select 2"),
        (r"select type'a\'; select 2", r"select type'a\'¦select 2"),
        ("select $$a;b$$; select $x$ $$;$y$; $x$; select 3", "select $$a;b$$¦select $x$ $$;$y$; $x$¦select 3"),
        ("select a$b; select c$$d; select $1", "select a$b¦select c$$d¦select $1"),
        ("select 1 -- one; two\n; select 2 -- three", "select 1¦select 2"),
        ("select 1 /* a; /* b; */ c; */; select 2", "select 1¦select 2"),
        ("select 1/**/+2; -- only this\n;;\n/* and this */;", "select 1 +2"),
        ("select /*+ Hint(t) */ 1 -- x\nwhere '--b /*' <> ''", "select /*+ Hint(t) */ 1\nwhere '--b /*' <> ''"),
        (f"{RULE}; select 1", f"{RULE}¦select 1"),
        (f"{ATOMIC}; select 2", f"{ATOMIC}¦select 2"),
        ("begin; select 1; end; select 2", "begin¦select 1¦end¦select 2"),
        (
            "select case when a then case when b then 1 end end; x",
            "select case when a then case when b then 1 end end¦x",
        ),
        ("do $$ begin if true then null; end if; end $$; x", "do $$ begin if true then null; end if; end $$¦x"),
        ("", ""),
        (" \n;\n ; -- nothing\n", ""),
    ],
)
def test_statements_end_where_postgresql_says(sql: str, expected: str) -> None:
    assert "¦".join(texts(sql)) == expected


@pytest.mark.parametrize(
    ("end", "sql", "expected"),
    [
        ("/", "select 4/2;\n/\nselect 'x/y' /* a / b */ -- c / d\n/\nx /", "select 4/2;¦select 'x/y'¦x"),
        ("GO", "select 'category' category\ngo\nselect goal GO", "select 'category' category¦select goal"),
        (r"\nGO", "select 'a\nGO\nb'\nGO\nselect\ngoal\nGO", "select 'a\nGO\nb'¦select\ngoal"),
        ("@@", "select 1@@select 2 @@\nselect '@@'@@", "select 1¦select 2¦select '@@'"),
        (r";\s", "select 'a; b'; select 2;3; ", "select 'a; b'¦select 2;3"),
        (";;", "select 1; select 2;;\nselect 3;;", "select 1; select 2¦select 3"),
        (r"\n~", "select 1 ~ 2;\n~\nselect 2\n~", "select 1 ~ 2;¦select 2"),
        (r"\|\|", "select 'a||b' ||\nselect 1\n||", "select 'a||b'¦select 1"),
        (r"\s*!!", "select 1 \n \t!!\nselect 2!!", "select 1¦select 2"),
    ],
)
def test_an_end_delimiter_is_a_regular_expression_and_ends_nothing_in_quotes(end: str, sql: str, expected: str) -> None:
    assert "¦".join(texts(sql, end=end)) == expected


@pytest.mark.parametrize("end", ["(", "x*", "[a"])
def test_an_end_delimiter_that_cannot_be_used_is_refused(end: str) -> None:
    with pytest.raises(ChangelogError, match=r"v\.sql:1: endDelimiter .* cannot be used"):
        texts("select 1", end=end)


@pytest.mark.parametrize(
    ("sql", "line"),
    [("select 1;\nselect 'open", 2), ('\n\nselect "open', 3), ("select\n$a$ b $c$", 2), ("select 1;\n/* a /* b */", 2)],
)
@pytest.mark.parametrize("parts", [True, False])
def test_a_quote_or_comment_that_is_not_closed_is_refused_with_its_line(sql: str, line: int, parts: bool) -> None:
    with pytest.raises(ChangelogError, match=rf"v\.sql:{line}: .* is not closed"):
        texts(sql, parts=parts)


def test_text_that_is_not_to_be_split_is_one_statement() -> None:
    assert texts("select 1; -- c\nselect 2;", parts=False) == ["select 1;\nselect 2;"]
    assert texts("select 1; -- c\nselect 2;", parts=False, strip=False) == ["select 1; -- c\nselect 2;"]


def test_comments_stay_when_they_are_not_to_be_stripped() -> None:
    sql = "-- head\nselect 1; -- after\n/* only */;"
    assert texts(sql, strip=False) == ["-- head\nselect 1"]


def test_each_statement_knows_its_line_also_behind_comments_and_directives() -> None:
    sql = Sql("/* a\nb */ select 1;\n-- c\nselect\n  2; select 3;\n\n\nselect 4", 10, gaps=(12, 14))
    found = split(sql, "v.sql")
    assert [(each.text, each.line) for each in found] == [
        ("select 1", 11), ("select\n  2", 15), ("select 3", 16), ("select 4", 19)
    ]  # fmt: skip
    assert found[1].line_at(len("select\n ")) == 16


BLOCK = """declare x int; y int; begin
  if (x) then begin transaction; commit; end if;
  for i in 1 to 2 do case when 1 then 2 end; end for;
end"""
TASK = "create task t as declare x int; begin case (x) when 1 then return 1; end case; begin; commit; end"
PROCEDURE = "create procedure p() as $$ begin return 1; end; $$"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 'a\\'; b'; // c; d\nselect 2", "select 'a\\'; b'¦select 2"),
        ("select /* a /* b */1; select 2", "select 1¦select 2"),
        (f"{PROCEDURE}; select 2", f"{PROCEDURE}¦select 2"),
        ("BEGIN; select 1; COMMIT;", "BEGIN¦select 1¦COMMIT"),
        ("BEGIN TRANSACTION; select 1; commit", "BEGIN TRANSACTION¦select 1¦commit"),
        ("begin let x := 1; return x; end; select 2", "begin let x := 1; return x; end¦select 2"),
        (f"{BLOCK}; select 1", f"{BLOCK}¦select 1"),
        (f"{TASK}; select 3", f"{TASK}¦select 3"),
        ("drop table if exists a; create table b (c int)", "drop table if exists a¦create table b (c int)"),
    ],
)
def test_snowflakes_quotes_comments_and_scripting_blocks(sql: str, expected: str) -> None:
    assert "¦".join(texts(sql, "snowflake")) == expected


# anything but the character that no database takes
ANY_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
TRICKY = st.text(st.sampled_from(list("';\"$-/*\\\n aEGO()tag")), max_size=14)
VALUE = ANY_TEXT | TRICKY
_TAGS = st.sampled_from(["", "t", "tag", "Ä1", "_x"])


@st.composite
def quoted_value(draw: st.DrawFn, dbms: str) -> tuple[str, str]:
    """(a value, how it is written)."""
    value = draw(VALUE)
    style = draw(st.sampled_from(["plain", "escaped", "dollar"] if dbms != "snowflake" else ["escaped", "dollar"]))
    if style == "escaped":
        written = value.replace("\\", "\\\\").replace("'", draw(st.sampled_from(["''", "\\'"])))
        return value, f"'{written}'" if dbms == "snowflake" else f"E'{written}'"
    tag = f"${draw(_TAGS) if dbms != 'snowflake' else ''}$"
    if style == "dollar" and tag not in value + "$" and not value.endswith("$"):
        return value, f"{tag}{value}{tag}"
    if dbms == "snowflake":
        return "x", "'x'"
    return value, "'" + value.replace("'", "''") + "'"


@st.composite
def comment(draw: st.DrawFn, nested: bool = True) -> str:
    kind = draw(st.sampled_from(["", " ", "\n", "line", "block", "nested"] if nested else ["", " ", "line", "block"]))
    text = draw(TRICKY).replace("*/", "").replace("/*", "").rstrip("*/").lstrip("*/+")
    text = text.replace("*/", "").replace("/*", "")  # taking some away may have made others
    if kind == "line":
        return "--" + text.replace("\n", "") + "\n"
    if kind == "block":
        return f"/* {text} */"
    if kind == "nested":
        return f"/* {text} /* ; ' {text} */ \" */"
    return kind


@st.composite
def query(draw: st.DrawFn, dbms: str) -> tuple[tuple[str, str], str]:
    """((name of the column, its value), a query that gives them)."""
    value, written = draw(quoted_value(dbms))
    name = draw(VALUE.filter(lambda text: text.strip() and len(text.encode()) < 60 and "\0" not in text))
    parts = ["SELECT", written, "AS", '"' + name.replace('"', '""') + '"']
    between = [draw(comment()) or " " for _ in range(5)]
    text = between[0] + "".join(part + space for part, space in zip(parts, between[1:], strict=True))
    return (name, value), text.replace("SELECT'", "SELECT '")


def joined(queries: Sequence[str], data: st.DataObject) -> tuple[str, str | None]:
    end, written = data.draw(
        st.sampled_from([(None, ";"), (None, "\nGO\n"), (None, "\n/\n"), ("@@", "@@"), (r"\n~~", "\n~~"), (";;", ";;")])
    )
    return "".join(f"{each}{written}" for each in queries), end


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(queries=st.lists(query("postgresql"), min_size=1, max_size=4), strip=st.booleans(), data=st.data())
def test_postgresql_is_sent_exactly_the_statements_that_were_joined(
    server_cursor: Cursor,
    queries: list[tuple[tuple[str, str], str]],
    strip: bool,
    data: st.DataObject,
) -> None:
    sql, end = joined([text for _, text in queries], data)
    statements = texts(sql, strip=strip, end=end)
    assert len(statements) == len(queries)
    for statement, (expected, _) in zip(statements, queries, strict=True):
        server_cursor.execute(statement)
        assert server_cursor.description is not None
        assert (server_cursor.description[0].name, server_cursor.fetchall()) == (expected[0], [(expected[1],)])


@settings(max_examples=150, deadline=None)
@given(queries=st.lists(query("duckdb"), min_size=1, max_size=4), strip=st.booleans(), data=st.data())
def test_duckdb_is_sent_exactly_the_statements_that_were_joined(
    queries: list[tuple[tuple[str, str], str]], strip: bool, data: st.DataObject
) -> None:
    sql, end = joined([text for _, text in queries], data)
    statements = texts(sql, "duckdb", strip=strip, end=end)
    assert len(statements) == len(queries)
    with duckdb.connect() as database:
        for statement, (expected, _) in zip(statements, queries, strict=True):
            result = database.execute(statement)
            assert (result.description[0][0], result.fetchall()) == (expected[0], [(expected[1],)])


@settings(max_examples=300, deadline=None)
@given(
    sql=st.text(max_size=60) | st.text(st.sampled_from(list("';\"$-/*\\\n aEGO()tag")), max_size=60),
    dbms=st.sampled_from(["postgresql", "duckdb", "snowflake"]),
    strip=st.booleans(),
)
def test_any_text_is_split_or_refused_and_its_pieces_are_whole(sql: str, dbms: str, strip: bool) -> None:
    try:
        pieces = texts(sql, dbms, strip=strip)
    except ChangelogError as error:
        assert re.match(r"v\.sql:\d+: ", str(error))
        return
    # a piece whose first line was indented may now look like GO
    assume(not any(re.match(r"(?i)(go|/)[ \t\r]*$", piece, re.MULTILINE) for piece in pieces))
    assert texts("\n;\n".join(pieces), dbms, strip=strip) == [
        again for each in pieces for again in texts(each, dbms, strip=strip)
    ]


@settings(max_examples=200, deadline=None)
@given(
    values=st.lists(quoted_value("snowflake"), min_size=1, max_size=4),
    comments=st.lists(comment(nested=False), min_size=4, max_size=4),
)
def test_quotes_and_comments_of_snowflake_are_never_split(values: list[tuple[str, str]], comments: list[str]) -> None:
    parts = [f"select{comments[i]} {written}" for i, (_, written) in enumerate(values)]
    assert len(texts(";".join(parts), "snowflake")) == len(parts)
    for piece, (_, written) in zip(texts(";".join(parts), "snowflake"), values, strict=True):
        assert piece.endswith(written.rstrip() if written.strip() == written else written)


@pytest.mark.parametrize(
    "sql",
    [
        ATOMIC.replace("int begin", "int language sql begin") + "; select f();",
        "create procedure p() language plpgsql as $b$ begin case when true then null; else null; end case; end $b$;"
        "call p(); drop procedure p();",
        f"create table t (); create table a (id int); create table b (id int); {RULE}; insert into t default values;",
        "do $a$ declare x text := $b$;$b$; begin execute 'select 1;'; end $a$; select U&'d\\0061t;a', B'101', X'1F';",
        'select 1 as "begin"; select \'begin atomic\'; create table "end;" ("case" int); drop table "end;"',
        "select -- ' ; \n 1; select 2",
    ],
)
def test_postgresql_runs_what_was_split(server_cursor: Cursor, sql: str) -> None:
    server_cursor.execute("begin")
    for statement in texts(sql):
        server_cursor.execute(statement)
    server_cursor.execute("rollback")
