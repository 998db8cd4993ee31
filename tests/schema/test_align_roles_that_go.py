"""Dropping a role: what it holds is taken first, what it owns goes to an heir, and nothing is lost with it."""

import pytest

from data_platform.schema.align import AlignError
from tests.schema.aligning import Cluster

GONE = 'roles: [{name: "@r", deleted: true%s}]'


@pytest.fixture
def held(cluster: Cluster) -> Cluster:
    """A managed role that holds something of every kind."""
    cluster.settle('roles: [{name: "@r"}, {name: "@heir"}]')
    cluster.run(
        "CREATE SCHEMA raw", "CREATE TABLE raw.t (x int)", 'GRANT SELECT ON raw.t TO "@r"',
        'GRANT USAGE, CREATE ON SCHEMA raw TO "@r"', 'GRANT "@heir" TO "@r"',
        'ALTER DEFAULT PRIVILEGES FOR ROLE "@heir" IN SCHEMA raw GRANT SELECT ON TABLES TO "@r"',
        'ALTER DEFAULT PRIVILEGES FOR ROLE "@r" IN SCHEMA raw GRANT SELECT ON TABLES TO "@heir"',
        'ALTER DEFAULT PRIVILEGES FOR ROLE "@r" GRANT SELECT ON TABLES TO "@heir"',
    )  # fmt: skip
    return cluster


def test_what_it_holds_is_taken_first_and_that_needs_consent_to_drop(held: Cluster):
    plan = held.plan(GONE % "")
    assert {step.kind for step in plan.steps} == {"revoke", "drop role"}
    assert plan.steps[-1].kind == "drop role"
    assert plan.needs == ["drop"]
    held.settle(GONE % "", "drop")
    assert not held.has_role(held.name("@r"))


def test_what_it_owns_goes_to_the_heir_that_is_named(held: Cluster):
    held.run(
        "CREATE TABLE raw.own (x int)",
        "INSERT INTO raw.own VALUES (1)",
        'GRANT USAGE ON SCHEMA raw TO "@heir"',
        'ALTER TABLE raw.own OWNER TO "@r"',
    )
    with pytest.raises(AlignError, match=r"cannot be dropped: it owns table raw\.own -> say `owned_to: <role>`"):
        held.plan(GONE % "")
    held.settle(GONE % ', owned_to: "@heir"', "drop")
    assert held.value("SELECT x FROM raw.own", role="@heir") == 1


def test_an_owned_schema_that_goes_too_does_not_hinder(cluster: Cluster):
    cluster.settle('roles: [{name: "@r"}]\nschemas: [{name: marts, owner: "@r"}]')
    cluster.settle('roles: [{name: "@r", deleted: true}]\nschemas: [{name: marts, deleted: true}]', "drop")


def test_what_alignment_does_not_know_hinders_and_is_named(held: Cluster):
    held.run("CREATE FUNCTION raw.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", 'GRANT ALL ON FUNCTION raw.f TO "@r"')
    with pytest.raises(AlignError, match=r"it is granted or named on function raw\.f\(\)"):
        held.plan(GONE % "")


def test_another_database_hinders_and_is_named(held: Cluster, other_postgres: str):
    other = Cluster(other_postgres, held.folder)
    other.prefix = held.prefix
    other.run("CREATE TABLE t (x int)", 'GRANT SELECT ON t TO "@r"')
    name = other.value("SELECT current_database()")
    with pytest.raises(AlignError, match=f"it owns or is granted things in the database {name}"):
        held.plan(GONE % "")


def test_the_role_that_applies_cannot_drop_itself(cluster: Cluster):
    me = cluster.value("SELECT current_user")
    with pytest.raises(AlignError, match="has power over the whole server"):
        cluster.plan(f'roles: [{{name: "{me}", adopt: true, deleted: true}}]')
