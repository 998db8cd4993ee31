"""An alignment that fails, is killed, or meets another one leaves everything or nothing."""

import re
import time

import psycopg2
import pytest

from data_platform.errors import DataPlatformError
from data_platform.schema.align import AlignError, apply_alignment, apply_plan, load, save
from data_platform.schema.align.postgres import OURS
from data_platform.schema.errors import DatabaseError, LockError
from tests.schema.align_process import started
from tests.schema.aligning import Cluster, steps
from tests.schema.test_align_postgres import EVERYTHING

# the database itself stops alignment at its grants, after roles, schemas and views are made
TRAP = """
CREATE FUNCTION public.trap() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN {} END $$;
CREATE EVENT TRIGGER trap ON ddl_command_start WHEN TAG IN ('GRANT') EXECUTE FUNCTION public.trap();
"""
NO_TRAP = "DROP EVENT TRIGGER trap; DROP FUNCTION public.trap()"


def nothing_is_there(cluster: Cluster) -> bool:
    schemas = cluster.run("SELECT 1 FROM pg_namespace WHERE nspname IN ('marts', 'platform')")
    return not schemas and not cluster.run(f"SELECT 1 FROM pg_roles WHERE rolname LIKE '{cluster.prefix}%'")


def test_a_step_that_fails_leaves_nothing(cluster: Cluster):
    cluster.run(TRAP.format("RAISE EXCEPTION 'not today';"))
    with pytest.raises(DatabaseError, match=r"grant USAGE on schema marts .*: not today"):
        cluster.apply(EVERYTHING)
    assert nothing_is_there(cluster)
    cluster.run(NO_TRAP)
    cluster.settle(EVERYTHING)


def test_an_alignment_that_is_killed_while_the_database_works_leaves_nothing(cluster: Cluster):
    cluster.run(TRAP.format("PERFORM pg_sleep(60);"))
    cluster.write(EVERYTHING)
    process = started(cluster.url, cluster.folder)
    asleep = f"SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND application_name = '{OURS}'"
    until = time.monotonic() + 30
    while not cluster.run(asleep):
        assert time.monotonic() < until
        time.sleep(0.05)
    process.kill()
    process.wait()
    # the next one waits for nobody's help: the lock goes with its holder's session
    cluster.run(NO_TRAP.replace("DROP EVENT", "ALTER EVENT TRIGGER trap DISABLE; DROP EVENT", 1))
    cluster.settle(EVERYTHING)


@pytest.mark.slow
def test_an_alignment_that_is_killed_at_any_point_leaves_all_or_nothing(cluster: Cluster):
    extra = f'databases: [{{name: "{cluster.prefix}db", owner: "@writer"}}]\n'
    cluster.write(EVERYTHING + extra)
    at, there = 0, []
    while True:
        at += 1
        process = started(cluster.url, cluster.folder, kill_at=at)
        output, _ = process.communicate(timeout=60)
        if process.returncode == 0:
            break
        assert process.returncode == -9, output
        there.append(cluster.has_role(cluster.name("@reader")))
        made = cluster.run("SELECT 1 FROM pg_namespace WHERE nspname = 'marts'")
        assert bool(made) is there[-1], "roles without schemas, or the reverse"
        assert cluster.run("SELECT 1 FROM pg_views WHERE viewname = 'by_month'") == made
    assert at > 50
    assert there == sorted(there), "what was there has gone"
    assert any(there), "no kill came after the commit"
    assert not all(there), "no kill came before the commit"
    assert cluster.plan().steps == ()


def test_two_alignments_at_once_do_the_work_once(cluster: Cluster):
    cluster.run(TRAP.format("PERFORM pg_sleep(0.3);"))
    cluster.write(EVERYTHING)
    both = [started(cluster.url, cluster.folder) for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    done = [int(re.findall(r"(\d+) steps", output)[-1]) for output in outputs]
    assert sorted(done)[0] == 0
    assert max(done) > 10
    assert any("waiting up to 60 s for another alignment: dp schema align of" in output for output in outputs)


def test_a_lock_that_does_not_come_free_is_told_with_its_holder(cluster: Cluster):
    from data_platform.schema.align.engine import open_engine

    cluster.write("schemas: [{name: marts}]")
    holder = open_engine(cluster.url, writing=True)
    with holder.locked(0, print), pytest.raises(LockError, match=rf"still runs after 0 s: {OURS} of .*, session \d+"):
        apply_alignment(cluster.url, cluster.files, wait_seconds=0)
    holder.close()
    cluster.apply()


def test_a_change_in_use_is_not_waited_for_for_ever(cluster: Cluster):
    cluster.settle("schemas: [{name: marts}]\nviews: [{name: marts.v, definition: select 1 as x}]")
    reader = psycopg2.connect(cluster.url)
    reader.cursor().execute("SELECT * FROM marts.v")
    cluster.write("views: [{name: marts.v, deleted: true}]\nroles: [{name: '@r'}]")
    began = time.monotonic()
    with pytest.raises(DatabaseError, match=r"drop view marts\.v: others are using it -> nothing of it stays"):
        cluster.apply(None, "drop", url=f"{cluster.url}&options=-c%20lock_timeout%3D300ms")
    assert time.monotonic() - began < 3
    with pytest.raises(DatabaseError, match="others are using it"):
        cluster.apply(None, "drop")
    assert 5 < time.monotonic() - began < 15
    reader.close()
    assert not cluster.has_role(cluster.name("@r"))


class TestSavedPlans:
    def test_a_saved_plan_is_applied_as_it_was_looked_at(self, cluster: Cluster):
        made, path = cluster.plan(EVERYTHING), cluster.folder / "plan.json"
        save(made, path)
        cluster.write("roles: []")  # the files may have moved on
        assert apply_plan(cluster.url, load(path)).steps == made.steps
        assert cluster.plan(EVERYTHING).steps == ()

    def test_it_is_refused_when_the_database_has_changed(self, cluster: Cluster):
        made, path = cluster.plan(EVERYTHING), cluster.folder / "plan.json"
        save(made, path)
        cluster.run('CREATE ROLE "@reader"')
        with pytest.raises(AlignError, match="the database has changed since the plan was made"):
            apply_plan(cluster.url, load(path))
        assert not cluster.has_role(cluster.name("@writer"))

    def test_what_the_plan_did_not_look_at_may_change(self, cluster: Cluster):
        made = cluster.plan(EVERYTHING)
        cluster.run('CREATE ROLE "@stranger"', "CREATE SCHEMA elsewhere")
        apply_plan(cluster.url, made)
        assert cluster.plan().steps == ()

    def test_it_is_not_applied_twice(self, cluster: Cluster):
        made = cluster.plan(EVERYTHING)
        apply_plan(cluster.url, made)
        with pytest.raises(AlignError, match="has changed"):
            apply_plan(cluster.url, made)

    def test_it_needs_the_same_consent(self, cluster: Cluster):
        cluster.settle("schemas: [{name: marts}]")
        made = cluster.plan("schemas: [{name: marts, deleted: true}]")
        with pytest.raises(AlignError, match="--allow drop"):
            apply_plan(cluster.url, made)
        apply_plan(cluster.url, made, allow=["drop"])

    def test_it_is_refused_on_another_database(self, cluster: Cluster, other_postgres: str):
        with pytest.raises(AlignError, match=r"the plan is for postgresql test_\w+, not for postgresql test_"):
            apply_plan(other_postgres, cluster.plan(EVERYTHING))

    def test_one_that_was_edited_is_no_plan(self, cluster: Cluster):
        path = cluster.folder / "plan.json"
        save(cluster.plan(EVERYTHING), path)
        for text in (path.read_text().replace("CREATE SCHEMA", "DROP SCHEMA"), "{}", "[]", "no json", '{"digest": 1}'):
            path.write_text(text)
            with pytest.raises(DataPlatformError, match="this is no saved plan, or it was edited"):
                load(path)

    def test_one_that_makes_databases_is_applied_too(self, cluster: Cluster):
        made = cluster.plan('roles: [{name: "@o"}]\ndatabases: [{name: "@db", owner: "@o"}]')
        apply_plan(cluster.url, made)
        assert cluster.plan().steps == ()


class TestDatabases:
    TEXT = 'roles: [{name: "@o"}]\ndatabases: [{name: "@db", owner: "@o", comment: ours}]\n'

    def test_a_database_is_made_first_and_dropped_last(self, cluster: Cluster):
        applied = cluster.settle(self.TEXT)
        assert (applied.steps[0].kind, applied.steps[0].moment) == ("create database", "before")
        with pytest.raises(AlignError, match="--allow drop"):
            cluster.apply(self.TEXT.replace("comment: ours", "deleted: true").replace(', owner: "@o"', ""))
        applied = cluster.settle(cluster.folder.joinpath("desired.yaml").read_text(), "drop")
        assert [(step.kind, step.moment) for step in applied.steps] == [("drop database", "after")]

    def test_one_that_was_made_before_a_failure_is_managed_all_the_same(self, cluster: Cluster):
        cluster.run(TRAP.format("RAISE EXCEPTION 'not today';"))
        text = self.TEXT + 'grants: [{schema: marts, to: ["@o"], privileges: [usage]}]\nschemas: [{name: marts}]'
        text = text.replace('owner: "@o", ', "")
        with pytest.raises(DatabaseError, match="not today"):
            cluster.apply(text)
        assert not cluster.has_role(cluster.name("@o"))
        cluster.run(NO_TRAP)
        assert cluster.name("create database @db") not in steps(cluster.settle(text))

    def test_the_database_that_is_connected_can_be_granted_on_and_adopted(self, cluster: Cluster):
        name = cluster.value("SELECT current_database()")
        cluster.settle(
            f"""
roles: [{{name: "@app"}}]
databases: [{{name: "{name}", adopt: true, connection_limit: 50}}]
grants:
  - {{database: "{name}", to: ["@app"], privileges: [connect, temp]}}
  - {{database: "{name}", to: [public], deleted: true}}
""",
            "revoke",
        )
        assert cluster.value(f"SELECT has_database_privilege('public', '{name}', 'connect')") is False
        assert cluster.value(f"SELECT has_database_privilege('@app', '{name}', 'temp')") is True
