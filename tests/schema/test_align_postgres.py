"""Alignment of a real PostgreSQL: what the files say is so afterwards, and stays so."""

import psycopg2.errors
import pytest

from data_platform.errors import DataPlatformError
from data_platform.schema.align import AlignError
from tests.schema.aligning import Cluster, steps

EVERYTHING = """
roles:
  - {name: "@reader", comment: "reads; 'all' of it"}
  - {name: "@writer"}
  - {name: "@anna", login: true, connection_limit: 3}
memberships:
  - {role: "@reader", members: ["@writer"]}
  - {role: "@writer", users: ["@anna"]}
schemas:
  - {name: marts, owner: "@writer"}
views:
  - name: marts.by_month
    definition: select month, count(*) as days from marts.by_day group by month
  - name: marts.by_day
    comment: a day each
    definition: |
      -- the first of them
      select 1 as day, 2 as month
grants:
  - {schema: marts, to: ["@reader"], privileges: [usage]}
  - {all: tables, schema: marts, to: ["@reader"], privileges: [select]}
  - {future: tables, schema: marts, created_by: "@writer", to: ["@reader"], privileges: [select]}
"""


def test_everything_is_made_in_order_and_works(cluster: Cluster):
    applied = cluster.settle(EVERYTHING)
    made = steps(applied)
    assert made.index("create view marts.by_day") < made.index("create view marts.by_month")
    assert all(step.safe for step in applied.steps)
    assert cluster.run("SELECT * FROM marts.by_month", role="@reader") == [(2, 1)]
    cluster.run("CREATE TABLE marts.later AS SELECT 7 AS x", role="@writer")
    assert cluster.value("SELECT x FROM marts.later", role="@reader") == 7
    assert cluster.refuses("@reader", "INSERT INTO marts.later VALUES (1)")
    # anna is a writer, and through that a reader
    assert cluster.value("SELECT pg_has_role('@anna', '@reader', 'usage')") is True
    assert cluster.value("SELECT rolconnlimit FROM pg_roles WHERE rolname = '@anna'") == 3


def test_a_plan_writes_nothing(cluster: Cluster):
    objects = "SELECT count(*) FROM pg_class UNION ALL SELECT count(*) FROM pg_namespace"
    before = cluster.run(objects)
    assert len(cluster.plan(EVERYTHING).steps) > 10
    assert cluster.run(objects) == before
    assert not cluster.has_role("@reader")


def test_a_table_that_came_since_is_among_all_tables(cluster: Cluster):
    cluster.settle(EVERYTHING)
    cluster.run("CREATE TABLE marts.by_hand (x int)")
    assert steps(cluster.plan()) == [cluster.name("grant SELECT on table marts.by_hand to @reader")]


def test_case_blanks_and_comments_make_no_difference(cluster: Cluster):
    cluster.settle(EVERYTHING)
    other = EVERYTHING.replace(
        "select month, count(*) as days", "SELECT   month,\n      COUNT( * )   AS Days /* each */"
    )
    other = other.replace("schema: marts", "schema: MARTS").replace("[select]", "[Select]")
    assert steps(cluster.plan(other)) == []


def test_what_somebody_changed_by_hand_is_shown_and_put_right(cluster: Cluster):
    cluster.settle(EVERYTHING)
    cluster.run(
        "DROP VIEW marts.by_month",
        "CREATE OR REPLACE VIEW marts.by_day AS SELECT 5 AS day, 2 AS month",
        'COMMENT ON ROLE "@reader" IS NULL',
        'ALTER ROLE "@anna" NOLOGIN',
        'ALTER SCHEMA marts OWNER TO "@anna"',
        'REVOKE "@writer" FROM "@anna"',
        'REVOKE USAGE ON SCHEMA marts FROM "@reader"',
        'REVOKE SELECT ON marts.by_day FROM "@reader"',
        'ALTER DEFAULT PRIVILEGES FOR ROLE "@writer" IN SCHEMA marts REVOKE SELECT ON TABLES FROM "@reader"',
    )
    plan = cluster.plan()
    assert set(steps(plan)) == {
        cluster.name(each)
        for each in (
            "create view marts.by_month",
            "replace view marts.by_day",
            "alter role @reader",
            "alter role @anna",
            "alter schema marts",
            "add member @writer to @anna",
            "grant USAGE on schema marts to @reader",
            "grant SELECT on table marts.by_day to @reader",
            "grant SELECT on table marts.by_month to @reader",
            "grant SELECT on future tables in marts made by @writer to @reader",
        )
    }
    gone = next(step for step in plan.steps if step.kind == "create view")
    assert gone.reason == "managed, but gone from the database"
    cluster.apply(None, "revoke")
    assert cluster.plan().steps == ()


def test_what_is_not_listed_is_left_alone(cluster: Cluster):
    cluster.run(
        'CREATE ROLE "@other"', 'CREATE ROLE "@third"', "CREATE SCHEMA raw", "CREATE TABLE raw.t (x int)",
        'GRANT ALL ON raw.t TO "@other" WITH GRANT OPTION', 'GRANT "@other" TO "@third"',
    )  # fmt: skip
    text = """
roles: [{name: "@mine"}]
memberships: [{role: "@other", members: ["@mine"]}]
grants: [{table: raw.t, to: ["@mine"], privileges: [select]}]
"""
    assert steps(cluster.settle(text)) == [
        cluster.name(step)
        for step in ("create role @mine", "add member @other to @mine", "grant SELECT on table raw.t to @mine")
    ]
    assert cluster.value("SELECT has_table_privilege('@other', 'raw.t', 'delete with grant option')") is True
    assert cluster.value("SELECT pg_has_role('@third', '@other', 'member')") is True


def test_taking_privileges_needs_consent(cluster: Cluster):
    cluster.settle(EVERYTHING)
    cluster.run('GRANT INSERT, DELETE ON marts.by_day TO "@reader"')
    plan = cluster.plan()
    assert [(step.kind, step.consent, step.safe) for step in plan.steps] == [("revoke", "revoke", False)]
    assert plan.needs == ["revoke"]
    with pytest.raises(AlignError, match=r"revoke DELETE, INSERT on table marts.by_day.*--allow revoke"):
        cluster.apply()
    with pytest.raises(AlignError, match="--allow revoke"):
        cluster.apply(None, "drop")
    assert cluster.value("SELECT has_table_privilege('@reader', 'marts.by_day', 'insert')") is True
    cluster.apply(None, "revoke")
    assert cluster.plan().steps == ()
    assert cluster.value("SELECT has_table_privilege('@reader', 'marts.by_day', 'insert')") is False
    assert cluster.value("SELECT has_table_privilege('@reader', 'marts.by_day', 'select')") is True


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [("login", "true", "false"), ("inherit", "true", "false"), ("createdb", "true", "false")],
)
def test_taking_an_ability_needs_consent_and_giving_it_does_not(cluster: Cluster, key: str, before: str, after: str):
    cluster.settle(f'roles: [{{name: "@r", {key}: {before}}}]')
    with pytest.raises(AlignError, match="--allow revoke"):
        cluster.apply(f'roles: [{{name: "@r", {key}: {after}}}]')
    cluster.settle(f'roles: [{{name: "@r", {key}: {after}}}]', "revoke")
    cluster.settle(f'roles: [{{name: "@r", {key}: {before}}}]')


def test_what_is_left_out_of_the_files_stays_and_is_told(cluster: Cluster):
    cluster.settle(EVERYTHING)
    plan = cluster.plan('roles: [{name: "@reader"}]')
    assert plan.steps == ()
    assert any("view marts.by_day is managed and no longer in the files" in note for note in plan.notes)
    released = "views: [{name: marts.by_month, released: true}]"
    assert steps(cluster.settle(released)) == ["release view marts.by_month"]
    assert not any("by_month" in note for note in cluster.plan().notes)
    assert cluster.run("SELECT * FROM marts.by_month") == [(2, 1)]


def test_what_is_deleted_goes_with_consent_last_first(cluster: Cluster):
    cluster.settle(EVERYTHING)
    text = """
roles: [{name: "@anna", deleted: true}, {name: "@reader", deleted: true}, {name: "@writer", deleted: true}]
schemas: [{name: marts, deleted: true}]
views: [{name: marts.by_day, deleted: true}, {name: marts.by_month, deleted: true}]
"""
    with pytest.raises(AlignError, match="--allow drop"):
        cluster.apply(text)
    assert cluster.has_role("@reader")
    dropped = [step for step in steps(cluster.settle(text, "drop")) if step.startswith("drop")]
    assert dropped == [
        "drop view marts.by_month", "drop view marts.by_day", "drop schema marts",
        *(cluster.name(f"drop role @{role}") for role in ("anna", "reader", "writer")),
    ]  # fmt: skip
    assert not cluster.has_role("@writer")


def test_what_is_deleted_and_gone_already_is_forgotten(cluster: Cluster):
    cluster.settle("schemas: [{name: marts}]")
    cluster.run("DROP SCHEMA marts")
    assert steps(cluster.settle("schemas: [{name: marts, deleted: true}]")) == ["forget schema marts"]


def test_a_schema_that_holds_more_is_not_dropped(cluster: Cluster):
    cluster.settle("schemas: [{name: marts}]")
    cluster.run("CREATE TABLE marts.t (x int)", "CREATE FUNCTION marts.f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    with pytest.raises(AlignError, match=r"schema marts cannot be dropped: it holds function marts.f\(\); it holds ta"):
        cluster.plan("schemas: [{name: marts, deleted: true}]")


def test_what_is_there_must_be_adopted(cluster: Cluster):
    cluster.run('CREATE ROLE "@r" LOGIN', "CREATE SCHEMA raw", "CREATE VIEW raw.v AS SELECT 1 AS x")
    for text in (
        'roles: [{name: "@r"}]',
        "schemas: [{name: raw}]",
        "views: [{name: raw.v, definition: select 1 as x}]",
        "schemas: [{name: raw, deleted: true}]",
        'roles: [{name: "@new", renamed_from: "@r"}]',
    ):
        with pytest.raises(AlignError, match=r"desired.yaml:1: .* not under management -> say `adopt: true`"):
            cluster.plan(text)
    adopted = """
roles: [{name: "@r", login: true, adopt: true}]
schemas: [{name: raw, adopt: true}]
views: [{name: raw.v, definition: "SELECT  1 AS x", adopt: true}]
"""
    assert [step.kind for step in cluster.settle(adopted).steps] == ["adopt role", "adopt schema", "adopt view"]
    # once adopted, the word may stay or go
    assert cluster.plan(adopted.replace(", adopt: true", "")).steps == ()


def test_what_another_alignment_manages_is_refused(cluster: Cluster):
    cluster.settle('alignment: fleet\nroles: [{name: "@r"}]')
    with pytest.raises(AlignError, match="is managed by the alignment 'fleet'"):
        cluster.plan('alignment: operations\nroles: [{name: "@r", adopt: true}]')
    assert cluster.plan("alignment: operations\nroles: []").notes == ()


def test_an_exclusive_grant_takes_from_all_others_but_the_owner(cluster: Cluster):
    cluster.run(
        'CREATE ROLE "@a"', 'CREATE ROLE "@b"', 'CREATE ROLE "@owner"', "CREATE TABLE t (x int)",
        'ALTER TABLE t OWNER TO "@owner"', 'GRANT SELECT ON t TO "@a", "@b", PUBLIC',
        'ALTER DEFAULT PRIVILEGES FOR ROLE "@owner" IN SCHEMA public GRANT SELECT ON TABLES TO "@a", "@b"',
    )  # fmt: skip
    text = """
grants:
  - {table: public.t, to: ["@a"], privileges: [select], exclusive: true}
  - {future: tables, schema: public, created_by: "@owner", to: ["@b"], privileges: [select], exclusive: true}
"""
    plan = cluster.plan(text)
    assert {step.consent for step in plan.steps} == {"revoke"}
    assert any("everybody (public) is not listed" in step.reason for step in plan.steps)
    cluster.settle(text, "revoke")
    may = "SELECT has_table_privilege(%s, 'public.t', 'select')"
    assert [cluster.value(may % f"'{role}'") for role in ("@a", "@b", "@owner")] == [True, False, True]
    cluster.run("CREATE TABLE t2 (x int)", 'ALTER TABLE t2 OWNER TO "@owner"')
    assert cluster.plan().steps == ()


def test_public_is_left_alone_unless_it_is_listed(cluster: Cluster):
    cluster.run("CREATE TABLE t (x int)", "GRANT SELECT ON t TO PUBLIC", 'CREATE ROLE "@a"')
    cluster.settle('grants: [{table: public.t, to: ["@a"], privileges: [select]}]')
    assert cluster.value("SELECT has_table_privilege('public', 'public.t', 'select')") is True
    cluster.settle("grants: [{table: public.t, to: [PUBLIC], deleted: true}]", "revoke")
    assert cluster.value("SELECT has_table_privilege('public', 'public.t', 'select')") is False
    cluster.settle("grants: [{schema: public, to: [Public], privileges: [usage]}]")


def test_an_owner_keeps_what_owners_have(cluster: Cluster):
    cluster.run('CREATE ROLE "@o"', "CREATE TABLE t (x int)", 'ALTER TABLE t OWNER TO "@o"')
    cluster.settle('grants: [{table: public.t, to: ["@o"], privileges: [select], exclusive: true}]')
    assert cluster.value("SELECT has_table_privilege('@o', 'public.t', 'truncate')") is True


def test_all_means_all_and_some_of_them_is_less(cluster: Cluster):
    cluster.run('CREATE ROLE "@a"', "CREATE TABLE t (x int)", "CREATE SEQUENCE s")
    text = 'grants: [{table: public.t, to: ["@a"], privileges: [%s]}, {sequence: s, to: ["@a"], privileges: [all]}]'
    text = text.replace("sequence: s", "sequence: public.s")
    cluster.settle(text % "all privileges")
    cluster.run('REVOKE ALL ON t FROM "@a"', 'GRANT ALL ON t TO "@a"')
    assert cluster.plan().steps == ()
    assert [step.kind for step in cluster.settle(text % "select", "revoke").steps] == ["revoke"]


def test_privileges_may_be_passed_on_only_where_that_is_said(cluster: Cluster):
    cluster.run('CREATE ROLE "@a"', 'CREATE ROLE "@b"', "CREATE TABLE t (x int)")
    text = 'grants: [{table: public.t, to: ["@a"], privileges: [select], grantable: %s%s}]'
    cluster.settle(text % ("true", ""))
    cluster.run('GRANT SELECT ON t TO "@b"', role="@a")
    with pytest.raises(AlignError, match=r"cannot be taken from .*a, who has passed it to .*b"):
        cluster.plan(text % ("false", ""))
    # what b got from a is taken in a's name, before a loses the right to give it
    applied = cluster.settle(text % ("false", ", exclusive: true"), "revoke")
    assert [step.kind for step in applied.steps] == ["revoke", "revoke grant option"]
    assert cluster.value("SELECT has_table_privilege('@b', 'public.t', 'select')") is False
    assert cluster.value("SELECT has_table_privilege('@a', 'public.t', 'select')") is True


def test_members_are_added_and_with_consent_removed(cluster: Cluster):
    cluster.run(*(f'CREATE ROLE "@{role}"' for role in ("group", "a", "b", "c")), 'GRANT "@group" TO "@c"')
    text = 'memberships: [{role: "@group", members: ["@a", "@b"], admin: %s, exclusive: %s}]'
    cluster.settle(text % ("true", "false"))
    assert cluster.value("SELECT pg_has_role('@a', '@group', 'member with admin option')") is True
    with pytest.raises(AlignError, match=r"remove member .*c.*--allow revoke"):
        cluster.apply(text % ("true", "true"))
    cluster.settle(text % ("false", "true"), "revoke")
    assert cluster.value("SELECT pg_has_role('@a', '@group', 'member with admin option')") is False
    assert cluster.value("SELECT pg_has_role('@c', '@group', 'member')") is False
    cluster.settle('memberships: [{role: "@group", members: ["@a"], deleted: true}]', "revoke")
    assert cluster.value("SELECT pg_has_role('@a', '@group', 'member')") is False
    assert cluster.value("SELECT pg_has_role('@b', '@group', 'member')") is True


def test_a_membership_says_whether_it_is_inherited_and_may_be_set(cluster: Cluster):
    cluster.run('CREATE ROLE "@group"', 'CREATE ROLE "@a"')
    text = 'memberships: [{role: "@group", members: ["@a"], inherit: %s, set: %s}]'
    cluster.settle(text % ("false", "true"))
    options = "SELECT inherit_option, set_option FROM pg_auth_members WHERE roleid = '\"@group\"'::regrole"
    assert cluster.run(options) == [(False, True)]
    cluster.settle(text % ("true", "false"), "revoke")
    assert cluster.run(options) == [(True, False)]
    cluster.run('GRANT "@group" TO "@a" WITH INHERIT FALSE, SET TRUE')
    cluster.settle('memberships: [{role: "@group", members: ["@a"]}]')  # either will do
    assert cluster.run(options) == [(False, True)]


def test_whatever_gave_the_membership_it_is_removed(cluster: Cluster):
    cluster.run(
        *(f'CREATE ROLE "@{role}"' for role in ("group", "giver", "a")),
        'GRANT "@group" TO "@giver" WITH ADMIN OPTION', 'GRANT "@group" TO "@a"',
    )  # fmt: skip
    cluster.run('GRANT "@group" TO "@a"', role="@giver")
    applied = cluster.settle('memberships: [{role: "@group", members: ["@a"], deleted: true}]', "revoke")
    assert [step.kind for step in applied.steps] == ["remove member", "remove member"]


def test_default_privileges_reach_what_alignment_makes_in_the_same_go(cluster: Cluster):
    """What PostgreSQL gives on a new object by itself is known beforehand, not found by the second alignment."""
    cluster.run('CREATE ROLE "@nosy"', 'CREATE ROLE "@a"', "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC")
    cluster.run('ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO "@nosy"')
    cluster.settle(
        """
schemas: [{name: marts}]
views: [{name: marts.v, definition: select 1 as x}]
grants:
  - {schema: marts, to: ["@a"], privileges: [usage], exclusive: true}
  - {view: marts.v, to: ["@a"], privileges: [select], exclusive: true}
""",
        "revoke",
    )
    assert cluster.value("SELECT has_table_privilege('@nosy', 'marts.v', 'select')") is False
    cluster.run("ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM PUBLIC")
    cluster.run('ALTER DEFAULT PRIVILEGES REVOKE USAGE ON SCHEMAS FROM "@nosy"')


def test_names_are_kept_whatever_is_in_them(cluster: Cluster):
    text = r"""
roles:
  - {name: '"@we""ird; DROP TABLE x; --"', comment: "it's \\ %s {} ; --"}
  - {name: "@first.last@example.org"}
  - {name: "@MixedCase"}
schemas: [{name: '"Sch""ema.with dot"', owner: '"@we""ird; DROP TABLE x; --"'}]
views:
  - {name: '"Sch""ema.with dot"."V i%ew"', definition: "select '%s {} ; $$ --' as \"C%ol\"", comment: "%(x)s"}
grants:
  - {view: '"Sch""ema.with dot"."V i%ew"', to: ["@first.last@example.org"], privileges: [select]}
memberships: [{role: "@first.last@example.org", members: ["@mixedcase"]}]
"""
    cluster.settle(text.replace("last@", "last§").replace("@", cluster.prefix).replace("last§", "last@"))
    prefix = cluster.prefix
    assert cluster.has_role(f'{prefix}we"ird; DROP TABLE x; --')
    assert cluster.has_role(f"{prefix}mixedcase")
    assert cluster.run("""SELECT "C%ol" FROM "Sch""ema.with dot"."V i%ew\" """) == [("%s {} ; $$ --",)]
    cluster.settle("""views: [{name: '"Sch""ema.with dot"."V i%ew"', deleted: true}]""", "drop")


@pytest.mark.parametrize("power", ["SUPERUSER", "REPLICATION", "BYPASSRLS", "CREATEROLE"])
def test_roles_with_power_over_the_server_are_refused(cluster: Cluster, power: str):
    cluster.run(f'CREATE ROLE "@boss" {power}', 'CREATE ROLE "@a"')
    for text in (
        'roles: [{name: "@boss", adopt: true}]',
        'roles: [{name: "@boss", adopt: true, deleted: true}]',
        'memberships: [{role: "@boss", members: ["@a"]}]',
    ):
        with pytest.raises(AlignError, match=r"desired.yaml:1: role .*boss has power over the whole server"):
            cluster.plan(text)


def test_what_is_missing_is_told_with_its_place(cluster: Cluster):
    cluster.run('CREATE ROLE "@a"')
    for text, message in {
        'grants:\n- {schema: nowhere, to: ["@a"], privileges: [usage]}': "2: there is no schema nowhere to grant on",
        'grants:\n- {table: public.t, to: ["@a"], privileges: [select]}': "2: there is no table public.t to grant on",
        'grants:\n- {schema: public, to: ["@b"], privileges: [usage]}': "2: there is no role .*b to grant to",
        'grants:\n- {all: tables, schema: public, to: ["@b"], privileges: [all]}': None,
        'grants:\n- {future: tables, schema: public, created_by: "@b", to: ["@a"], privileges: [all]}': "2: there is n",
        'memberships:\n- {role: "@b", members: ["@a"]}': "2: there is no role .*b",
        'memberships:\n- {role: "@a", users: ["@b"]}': "2: there is no role .*b -> users come from outside",
        'schemas:\n- {name: marts, owner: "@b"}': "2: there is no role .*b",
        "views:\n- {name: nowhere.v, definition: select 1 as x}": "2: view nowhere.v.* there is no schema nowhere",
    }.items():
        if message is None:
            assert cluster.plan(text).steps == ()
            continue
        with pytest.raises(DataPlatformError, match=f"desired.yaml:{message}"):
            cluster.plan(text)


def test_a_role_that_made_others_may_align_too(cluster: Cluster):
    """A deployer need not be a superuser: it may make roles, and owns the database."""
    cluster.run('CREATE ROLE "@deployer" CREATEROLE CREATEDB', 'CREATE SCHEMA own AUTHORIZATION "@deployer"')
    cluster.run(f'GRANT CREATE ON DATABASE {cluster.value("SELECT current_database()")} TO "@deployer"')
    url = f"{cluster.url}&options=-c%20role%3D{cluster.prefix}deployer"
    cluster.write(
        """
roles: [{name: "@reader"}, {name: "@owner"}]
memberships: [{role: "@reader", members: ["@owner"], exclusive: true}, {role: "@owner", members: ["@deployer"]}]
schemas: [{name: marts, owner: "@owner"}]
views: [{name: own.v, definition: select 1 as x}]
grants:
  - {schema: own, to: ["@reader"], privileges: [usage]}
  - {view: own.v, to: ["@reader"], privileges: [select], exclusive: true}
  - {future: tables, schema: marts, created_by: "@owner", to: ["@reader"], privileges: [select]}
"""
    )
    cluster.apply(None, "revoke", url=url)
    assert cluster.apply(None, url=url).steps == ()
    assert cluster.value("SELECT x FROM own.v", role="@reader") == 1


def test_a_privilege_that_the_applier_lacks_is_told_in_a_line(cluster: Cluster):
    cluster.run('CREATE ROLE "@nobody"')
    cluster.write('roles: [{name: "@r"}]')
    with pytest.raises(DataPlatformError, match="permission denied") as caught:
        cluster.apply(url=f"{cluster.url}&options=-c%20role%3D{cluster.prefix}nobody")
    assert not isinstance(caught.value, psycopg2.Error)
    assert "\n" not in str(caught.value)
