"""Alignment of views on a real PostgreSQL: replaced in place where that can be, made anew with consent where not."""

import pytest

from data_platform.errors import DataPlatformError, UsageError
from data_platform.schema.align import AlignError
from tests.schema.aligning import Cluster, steps

TWO = """
schemas: [{{name: marts}}]
views:
  - {{name: marts.a, definition: "{a}"}}
  - {{name: marts.b, definition: "{b}"}}
"""


def two(a: str = "select 1 as x, 2 as y", b: str = "select x from marts.a") -> str:
    return TWO.format(a=a, b=b)


def test_a_column_more_replaces_the_view_in_place(cluster: Cluster):
    cluster.settle(two())
    cluster.run('CREATE ROLE "@r"', 'GRANT SELECT ON marts.a TO "@r"', "COMMENT ON VIEW marts.a IS 'by hand'")
    applied = cluster.settle(two(a="select 1 as x, 2 as y, 3 as z"))
    assert [(step.kind, step.safe) for step in applied.steps] == [("replace view", True)]
    assert cluster.value("SELECT has_table_privilege('@r', 'marts.a', 'select')") is True
    assert cluster.value("SELECT obj_description('marts.a'::regclass)") == "by hand"


@pytest.mark.parametrize(
    ("new", "why"),
    [
        ("select 1 as x", "its column y integer goes or changes"),
        ("select 'a' as x, 2 as y", "its column x integer goes or changes"),
        ("select 2 as y, 1 as x", "the order of its columns changes"),
    ],
)
def test_other_columns_make_the_view_anew_with_all_that_read_it(cluster: Cluster, new: str, why: str):
    cluster.settle(two())
    cluster.run(
        'CREATE ROLE "@r"', 'CREATE ROLE "@o"', 'GRANT SELECT, INSERT ON marts.a TO "@r" WITH GRANT OPTION',
        "GRANT SELECT ON marts.b TO PUBLIC", "COMMENT ON VIEW marts.b IS 'by hand'", 'ALTER VIEW marts.a OWNER TO "@o"',
        "ALTER VIEW marts.a SET (security_barrier = true)", "GRANT CREATE, USAGE ON SCHEMA marts TO \"@o\"",
    )  # fmt: skip
    assert cluster.plan(two()).steps == ()
    plan = cluster.plan(two(a=new))
    assert steps(plan)[:4] == ["drop view marts.b", "drop view marts.a", "create view marts.a", steps(plan)[3]]
    assert any(why in step.reason for step in plan.steps)
    with pytest.raises(AlignError, match="--allow drop"):
        cluster.apply()
    cluster.settle(two(a=new), "drop")
    # nobody loses anything, managed or not
    assert cluster.value("SELECT has_table_privilege('@r', 'marts.a', 'insert with grant option')") is True
    assert cluster.value("SELECT has_table_privilege('public', 'marts.b', 'select')") is True
    assert cluster.value("SELECT obj_description('marts.b'::regclass)") == "by hand"
    assert cluster.value("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'marts.a'::regclass") == (
        cluster.name("@o")
    )
    assert cluster.value("SELECT reloptions FROM pg_class WHERE oid = 'marts.a'::regclass") == ["security_barrier=true"]


def test_a_view_that_somebody_else_reads_is_not_made_anew(cluster: Cluster):
    cluster.settle(two())
    cluster.run("CREATE MATERIALIZED VIEW public.theirs AS SELECT y FROM marts.a")
    with pytest.raises(
        AlignError, match=r"marts\.a must be dropped.*table public\.theirs, which is not in these files"
    ):
        cluster.plan(two(a="select 1 as x"))
    with pytest.raises(AlignError, match=r"view marts\.a cannot be dropped: it is read by table public\.theirs"):
        cluster.plan("views: [{name: marts.a, deleted: true}, {name: marts.b, deleted: true}]")


def test_a_view_that_reads_a_changed_one_is_compared_after_the_change(cluster: Cluster):
    """`select *` takes up the new column in the same alignment, not in the next one."""
    cluster.settle(two(b="select * from marts.a"))
    applied = cluster.settle(two(a="select 1 as x, 2 as y, 3 as z", b="select * from marts.a"))
    assert steps(applied) == ["replace view marts.a", "replace view marts.b"]
    assert cluster.run("SELECT * FROM marts.b") == [(1, 2, 3)]


def test_a_view_may_read_what_the_same_alignment_makes(cluster: Cluster):
    cluster.settle(two())
    text = two(b="select x, n from marts.a, extra.c").replace("[{name: marts}]", "[{name: marts}, {name: extra}]")
    text += '  - {name: extra.c, definition: "select 9 as n"}\n'
    applied = cluster.settle(text)
    assert steps(applied) == ["create schema extra", "create view extra.c", "replace view marts.b"]


def test_a_view_can_read_another_one_no_more_before_that_is_dropped(cluster: Cluster):
    cluster.settle(two())
    text = "views: [{name: marts.a, deleted: true}, {name: marts.b, definition: select 1 as x}]"
    applied = cluster.settle(text, "drop")
    assert steps(applied) == ["replace view marts.b", "drop view marts.a"]


def test_names_in_strings_and_comments_are_not_read(cluster: Cluster):
    circle = two(a="select 'marts.b' as x, 2 as y /* from marts.b */")
    assert steps(cluster.settle(circle))[1:] == ["create view marts.a", "create view marts.b"]


def test_views_that_read_each_other_are_refused(cluster: Cluster):
    with pytest.raises(UsageError, match=r"desired.yaml:4: views read each other in a circle: marts\.a"):
        cluster.plan(two(a="select x as x, 2 as y from marts.b"))


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ("select nothing from marts.a", 'column "nothing" does not exist'),
        ("select x from a", 'relation "a" does not exist -> .* tables are written with their schema'),
        ("select 1; drop schema marts", "one SELECT, and no second statement"),
        ("create view x as select 1", "one SELECT, without CREATE VIEW"),
        ("delete from marts.a returning 1", "one SELECT"),
        ("select 'open", "the SQL cannot be read|unterminated"),
        ("with gone as (delete from marts.t returning x) select x from gone", "does not exist|must not contain"),
    ],
)
def test_a_definition_that_is_no_view_is_told_with_its_place(cluster: Cluster, definition: str, message: str):
    cluster.settle(two())
    cluster.write(two(b=definition))
    with pytest.raises(DataPlatformError, match=f"desired.yaml:5: .*({message})"):
        cluster.plan()
    assert cluster.run("SELECT * FROM marts.b") == [(1,)]


def test_a_definition_may_stand_in_a_file_of_its_own(cluster: Cluster):
    (cluster.folder / "sql").mkdir()
    (cluster.folder / "sql" / "a.sql").write_text("select 1 as x, '${environment}' as y;\n-- the end\n")
    text = "schemas: [{name: marts}]\nviews:\n  - {name: marts.a, definition_file: sql/a.sql}\n"
    cluster.settle(text)
    assert cluster.run("SELECT * FROM marts.a") == [(1, "dev")]
    (cluster.folder / "sql" / "a.sql").write_text("select 1 as x,\n nothing from y")
    with pytest.raises(UsageError, match=r'a.sql:1|desired.yaml:3: view marts.a: relation "y" does not exist'):
        cluster.plan()
    (cluster.folder / "sql" / "a.sql").unlink()
    with pytest.raises(UsageError, match=r"desired.yaml:3: the file .*a\.sql cannot be read"):
        cluster.plan()


def test_a_name_that_is_taken_by_a_table_is_refused(cluster: Cluster):
    cluster.run("CREATE SCHEMA marts", "CREATE TABLE marts.a (x int)")
    with pytest.raises(AlignError, match=r"desired.yaml:1: view marts\.a cannot be made: there is a table"):
        cluster.plan("views: [{name: marts.a, adopt: true, definition: select 1 as x}]")


def test_security_options_are_set_and_kept(cluster: Cluster):
    text = "schemas: [{name: marts}]\nviews: [{name: marts.a, definition: select %s as x%s}]"
    cluster.settle(text % (1, ", security_invoker: true"))
    options = "SELECT reloptions FROM pg_class WHERE oid = 'marts.a'::regclass"
    assert cluster.value(options) == ["security_invoker=true"]
    cluster.settle(text % (2, ""))
    assert cluster.value(options) == ["security_invoker=true"]
    cluster.settle(text % (2, ", security_invoker: false, security_barrier: true"))
    assert sorted(cluster.value(options)) == ["security_barrier=true", "security_invoker=false"]


def test_trying_views_waits_for_nobody_and_keeps_nobody_waiting(cluster: Cluster):
    """A plan for a changed view takes no lock on the view itself."""
    import psycopg2

    cluster.settle(two())
    reader = psycopg2.connect(cluster.url)
    reader.cursor().execute("SELECT * FROM marts.a")  # and the transaction stays open
    assert steps(cluster.plan(two(a="select 1 as x, 2 as y, 3 as z"))) == ["replace view marts.a"]
    with pytest.raises(DataPlatformError, match=r"replace view marts.a: others are using it"):
        cluster.apply(url=f"{cluster.url}&options=-c%20lock_timeout%3D300ms")
    reader.close()
    cluster.settle(two(a="select 1 as x, 2 as y, 3 as z"))
