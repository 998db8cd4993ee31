"""Renames keep what belongs to a thing: grants, members, owner, what lies in it."""

import pytest

from data_platform.errors import UsageError
from data_platform.schema.align import AlignError
from tests.schema.aligning import Cluster, steps

BEFORE = """
roles: [{name: "@old"}, {name: "@member"}, {name: "@owner"}]
memberships: [{role: "@old", members: ["@member"]}]
databases: [{name: "@db", owner: "@owner"}]
schemas: [{name: past, owner: "@owner"}]
views: [{name: past.v, definition: select 1 as x}, {name: past.w, definition: select x from past.v}]
grants:
  - {schema: past, to: ["@old"], privileges: [usage]}
  - {all: tables, schema: past, to: ["@old"], privileges: [select]}
  - {future: tables, schema: past, created_by: "@owner", to: ["@old"], privileges: [select]}
  - {database: "@db", to: ["@old"], privileges: [create]}
"""
AFTER = """
roles: [{name: "@new", renamed_from: "@old"}, {name: "@member"}, {name: "@lord", renamed_from: "@owner"}]
memberships: [{role: "@new", members: ["@member"]}]
databases: [{name: "@db2", renamed_from: "@db", owner: "@lord"}]
schemas: [{name: present, renamed_from: past, owner: "@lord"}]
views:
  - {name: present.v2, renamed_from: past.v, definition: select 1 as x}
  - {name: present.w, definition: select x from present.v2}
grants:
  - {schema: present, to: ["@new"], privileges: [usage]}
  - {all: tables, schema: present, to: ["@new"], privileges: [select]}
  - {future: tables, schema: present, created_by: "@lord", to: ["@new"], privileges: [select]}
  - {database: "@db2", to: ["@new"], privileges: [create]}
"""


def test_everything_renamed_at_once_is_nothing_but_renames(cluster: Cluster):
    cluster.settle(BEFORE)
    cluster.run("CREATE TABLE past.t AS SELECT 5 AS x", 'CREATE ROLE "@other"', 'GRANT SELECT ON past.v TO "@other"')
    cluster.run('GRANT SELECT ON past.t TO "@old"')
    applied = cluster.apply(AFTER)
    assert {step.kind.split()[0] for step in applied.steps} == {"rename"}
    assert all(step.safe for step in applied.steps)
    assert cluster.plan().steps == ()
    assert cluster.value("SELECT x FROM present.t", role="@new") == 5
    assert cluster.value("SELECT x FROM present.w", role="@new") == 1
    assert cluster.value("SELECT has_table_privilege('@other', 'present.v2', 'select')") is True
    assert cluster.value("SELECT pg_has_role('@member', '@new', 'member')") is True
    assert cluster.value("SELECT has_database_privilege('@new', '@db2', 'create')") is True
    # what was renamed is still managed, under its new name
    assert cluster.plan("views: [{name: present.v2, released: true}]").notes
    assert not any("past" in note or "old" in note for note in cluster.plan().notes)


def test_a_view_that_means_another_one_after_the_rename_is_replaced(cluster: Cluster):
    """The name stands for another view before and after: the text alone would not tell."""
    one = "{name: s.a, definition: select 1 as x}, {name: s.b, definition: select x from s.a}"
    cluster.settle(f"schemas: [{{name: s}}]\nviews: [{one}]")
    other = "{name: s.a, definition: select 2 as x}, {name: past.b, definition: select x from s.a}"
    applied = cluster.settle(f"schemas: [{{name: past, renamed_from: s}}, {{name: s}}]\nviews: [{other}]")
    assert steps(applied) == ["rename schema s to past", "create schema s", "create view s.a", "replace view past.b"]
    assert cluster.value("SELECT x FROM past.b") == 2


def test_a_view_moves_to_another_schema(cluster: Cluster):
    cluster.settle("schemas: [{name: a}, {name: b}]\nviews: [{name: a.v, definition: select 1 as x}]")
    cluster.run('CREATE ROLE "@r"', 'GRANT SELECT ON a.v TO "@r"')
    applied = cluster.settle("views: [{name: b.w, renamed_from: a.v, definition: select 1 as x}]")
    assert steps(applied) == ["rename view a.v to b.w"]
    assert cluster.value("SELECT has_table_privilege('@r', 'b.w', 'select')") is True


def test_a_chain_of_names_moves_up_from_its_end(cluster: Cluster):
    cluster.settle('roles: [{name: "@a", comment: a}, {name: "@b", comment: b}]')
    chain = 'roles: [{name: "@b", renamed_from: "@a", comment: a}, {name: "@c", renamed_from: "@b", comment: b}]'
    applied = cluster.settle(chain)
    assert [step.object.replace(cluster.prefix, "") for step in applied.steps] == ["b to c", "a to b"]


def test_a_rename_that_was_made_is_not_made_again(cluster: Cluster):
    cluster.settle('roles: [{name: "@a"}]')
    text = 'roles: [{name: "@b", renamed_from: "@a"}, {name: "@a", comment: another}]'
    applied = cluster.settle(text)
    assert [step.kind for step in applied.steps] == ["rename role", "create role"]
    cluster.run('DROP ROLE "@b"')
    # what has vanished is made again: the a that is there now is another one
    assert [step.kind for step in cluster.settle(text).steps] == ["create role"]


def test_what_is_not_managed_is_not_renamed(cluster: Cluster):
    cluster.run("CREATE SCHEMA past")
    text = "schemas: [{name: present, renamed_from: past%s}]"
    with pytest.raises(AlignError, match="schema past is there already, and is not under management"):
        cluster.plan(text % "")
    assert [step.kind for step in cluster.settle(text % ", adopt: true").steps] == ["rename schema", "adopt schema"]


def test_two_cannot_be_renamed_from_the_same(cluster: Cluster):
    with pytest.raises(UsageError, match=r"desired.yaml:3: .*renamed from it already, in .*desired.yaml:2"):
        cluster.plan("schemas:\n  - {name: b, renamed_from: a}\n  - {name: c, renamed_from: a}")


def test_a_name_that_is_no_name_or_itself_is_refused(cluster: Cluster):
    with pytest.raises(UsageError, match="cannot be renamed from itself"):
        cluster.plan("schemas: [{name: b, renamed_from: B}]")
