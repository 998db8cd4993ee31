"""Writing an existing database out as a changelog, and building another one from it."""

import tempfile
from pathlib import Path

import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_platform.errors import UsageError
from data_platform.schema.adopting import adopt
from data_platform.schema.catalogue import Catalogue, read_catalogue
from data_platform.schema.catalogue.relations import View
from data_platform.schema.changelog import load_changelog
from data_platform.schema.connecting import connect
from data_platform.schema.database import Database
from data_platform.schema.deploy import deploy
from data_platform.schema.drift import diff, drift
from data_platform.schema.errors import SchemaError
from data_platform.schema.expressions import Selection
from data_platform.schema.generate import changelog_files, write_changelog
from data_platform.schema.generate.pieces import Piece, in_order
from data_platform.schema.lint import Options, lint
from data_platform.schema.opening import opened
from data_platform.schema.plan import make_plan
from data_platform.schema.rollback import rollback
from data_platform.schema.rollback_plan import Until
from data_platform.schema.target import Target
from tests.schema.generated import statements


def empty(url: str) -> None:
    """Make a database as it was when it was created."""
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'")
        for (name,) in cursor.fetchall():
            cursor.execute('DROP SCHEMA "{}" CASCADE'.format(name.replace('"', '""')))
        cursor.execute("CREATE SCHEMA public")
    connection.close()


def rebuilt(source: Database, target: Database) -> tuple[Catalogue, Catalogue]:
    """The catalogues of a database and of what was built from its changelog; properties are set as for a unit."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_changelog(source, folder, author="ana")
        changelog = load_changelog(folder, folders=[folder], properties={"unit": "replaced"})
        deploy(target, changelog, Selection())
        return read_catalogue(source), read_catalogue(target)


def assert_equal(before: Catalogue, after: Catalogue) -> None:
    assert [str(each) for each in diff(after, before)] == []
    assert before == after


SLOWLY = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


@SLOWLY
@given(sql=statements("postgresql"))
def test_any_postgresql_schema_comes_back_as_it_was(postgres: str, other_postgres: str, sql: list[str]):
    empty(postgres)
    empty(other_postgres)
    with psycopg2.connect(postgres) as connection, connection.cursor() as cursor:
        for statement in sql:
            cursor.execute(statement)
    connection.close()
    source, target = connect(postgres), connect(other_postgres)
    try:
        assert_equal(*rebuilt(source, target))
    finally:
        source.close()
        target.close()


@SLOWLY
@given(sql=statements("duckdb"))
def test_any_duckdb_schema_comes_back_as_it_was(sql: list[str]):
    source, target = connect("duckdb:///:memory:"), connect("duckdb:///:memory:")
    try:
        for statement in sql:
            source.query(statement)
        assert_equal(*rebuilt(source, target))
    finally:
        source.close()
        target.close()


POSTGRES = """
CREATE SCHEMA app; COMMENT ON SCHEMA app IS 'the app';
CREATE EXTENSION vector SCHEMA app;
CREATE TYPE app.mood AS ENUM ('sad', 'it''s fine'); CREATE TYPE app.pair AS (a int, b text COLLATE "C");
CREATE DOMAIN app.positive AS int DEFAULT 3 NOT NULL CONSTRAINT more CHECK (VALUE > 0);
CREATE SEQUENCE app.s START 5 INCREMENT 2 CACHE 3;
CREATE FUNCTION app.f(a int, b app.mood DEFAULT 'sad') RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT a + 1 $$;
CREATE FUNCTION app.g() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
--changeset nobody:1
  RETURN new;
END
$f$;
CREATE TABLE app.p (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, m app.mood DEFAULT 'sad', p app.positive, v app.vector(3),
  n int DEFAULT nextval('app.s'), ser serial, pairs app.pair[], x int DEFAULT app.f(3), CONSTRAINT u UNIQUE (n, m)
) WITH (fillfactor = 70);
COMMENT ON CONSTRAINT u ON app.p IS 'unique';
CREATE FUNCTION app.all_of_p() RETURNS SETOF app.p LANGUAGE sql AS $$ SELECT * FROM app.p $$;
CREATE PROCEDURE app.clear() LANGUAGE sql BEGIN ATOMIC DELETE FROM app.p; DELETE FROM app.p; END;
CREATE TABLE app.c (id int, pid bigint REFERENCES app.p ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE app.circle_a (id int PRIMARY KEY, b int); CREATE TABLE app.circle_b (id int PRIMARY KEY, a int);
ALTER TABLE app.circle_a ADD FOREIGN KEY (b) REFERENCES app.circle_b;
ALTER TABLE app.circle_b ADD FOREIGN KEY (a) REFERENCES app.circle_a NOT VALID;
CREATE UNIQUE INDEX ux ON app.c ((id + 1) DESC) INCLUDE (pid) WHERE id > 3;
CREATE TABLE app.days (a int NOT NULL, b date DEFAULT now(), CONSTRAINT positive CHECK (a > 0)) PARTITION BY RANGE (b);
CREATE TABLE app.days_1 PARTITION OF app.days FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE app.days_2 PARTITION OF app.days DEFAULT PARTITION BY HASH (a);
CREATE TABLE app.days_3 (a int NOT NULL DEFAULT 7, b date NOT NULL, CONSTRAINT positive CHECK (a > 0));
ALTER TABLE app.days_3 ADD CONSTRAINT own CHECK (a < 9);
ALTER TABLE app.days ATTACH PARTITION app.days_3 FOR VALUES FROM ('2022-01-01') TO ('2023-01-01');
CREATE INDEX days_a ON app.days (a);
CREATE UNLOGGED TABLE app.base (a int); CREATE TABLE app.kid (z int) INHERITS (app.base);
ALTER TABLE app.kid ALTER a SET DEFAULT 4;
CREATE VIEW app.z WITH (security_barrier) AS SELECT p.id, app.f(p.n) AS f FROM app.p GROUP BY p.id;
CREATE MATERIALIZED VIEW app.a AS SELECT * FROM app.z; CREATE UNIQUE INDEX a_id ON app.a (id);
COMMENT ON VIEW app.z IS 'x
--rollback DROP'; COMMENT ON COLUMN app.z.f IS 'it''s';
CREATE TRIGGER t BEFORE INSERT ON app.c FOR EACH ROW WHEN (new.id > 1) EXECUTE FUNCTION app.g();
ALTER TABLE app.c DISABLE TRIGGER t;
COMMENT ON FUNCTION app.f(int, app.mood) IS 'adds one';
"""


def build(url: str, sql: str) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    connection.cursor().execute(sql)
    connection.close()


def test_all_kinds_of_objects_of_postgresql_come_back(postgres: str, other_postgres: str):
    build(postgres, POSTGRES)
    source, target = connect(postgres), connect(other_postgres)
    try:
        assert_equal(*rebuilt(source, target))
    finally:
        source.close()
        target.close()


DUCKDB = """
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('sad', 'it''s fine'); CREATE TYPE money AS DECIMAL(10, 2);
CREATE SEQUENCE app.s START 5 INCREMENT 2 MAXVALUE 99 CYCLE;
CREATE MACRO app.twice(x) AS x * 2;
CREATE TABLE app.z (id BIGINT DEFAULT nextval('app.s') PRIMARY KEY, m app.mood, d INTEGER CHECK (app.twice(d) > 0));
CREATE TABLE app.a (id BIGINT REFERENCES app.z (id), t TIMESTAMP DEFAULT current_timestamp, j JSON, UNIQUE (id, t));
CREATE INDEX "the ix" ON app.a ((id + 1), t);
CREATE VIEW app.y AS SELECT id, app.twice(id) AS two FROM app.a;
CREATE VIEW app.b ("x y", z) AS WITH y AS (SELECT 1 AS id, 2 AS two) SELECT y.id, 2 FROM y, app.y AS other;
CREATE MACRO app.of_b(n) AS TABLE SELECT * FROM app.b LIMIT n;
CREATE MACRO several(a) AS a, (a, b) AS a + b;
CREATE VIEW app.aa AS SELECT count(*) AS n FROM app.of_b(3);
COMMENT ON TABLE app.z IS 'it''s z'; COMMENT ON VIEW app.y IS 'y'; COMMENT ON COLUMN app.y.two IS 'double';
COMMENT ON INDEX app."the ix" IS 'i'; COMMENT ON SEQUENCE app.s IS 's'; COMMENT ON MACRO app.twice IS 'm';
COMMENT ON MACRO TABLE app.of_b IS 't'; COMMENT ON TYPE app.mood IS 'moods';
"""


def test_all_kinds_of_objects_of_duckdb_come_back_and_can_be_rolled_back(tmp_path: Path):
    source, target = connect("duckdb:///:memory:"), connect("duckdb:///:memory:")
    try:
        source.query(DUCKDB)
        assert_equal(*rebuilt(source, target))
        write_changelog(source, tmp_path, author="ana")
        changelog = load_changelog(tmp_path, folders=[tmp_path])
        rollback(target, changelog, Until(count=len(changelog.changesets)))
        assert read_catalogue(target) == Catalogue("duckdb")
    finally:
        source.close()
        target.close()


def test_what_was_written_can_be_rolled_back_to_nothing(postgres: str, other_postgres: str, tmp_path: Path):
    build(postgres, POSTGRES)
    source, target = connect(postgres), connect(other_postgres)
    try:
        write_changelog(source, tmp_path, author="ana")
        changelog = load_changelog(tmp_path, folders=[tmp_path])
        deploy(target, changelog, Selection())
        rollback(target, changelog, Until(count=len(changelog.changesets)))
        left = read_catalogue(target)
        assert left == Catalogue("postgresql", schemas=left.schemas)
    finally:
        source.close()
        target.close()


def test_what_is_written_passes_lint_and_the_convention(postgres: str, tmp_path: Path):
    build(postgres, POSTGRES)
    source = connect(postgres)
    paths = write_changelog(source, tmp_path, author="ana")
    source.close()
    changesets = load_changelog(tmp_path, folders=[tmp_path]).changesets
    assert [str(each) for each in lint(changesets, "postgresql", Options(convention=tmp_path))] == []
    assert paths == sorted(paths)
    assert paths[0] == tmp_path / "000_baseline" / "001_schemas.sql"


def test_a_function_whose_body_looks_like_a_changelog_keeps_its_body(postgres: str, tmp_path: Path):
    build(postgres, POSTGRES)
    source = connect(postgres)
    write_changelog(source, tmp_path, author="ana")
    source.close()
    text = "".join(path.read_text() for path in sorted(tmp_path.rglob("*.sql")))
    assert r"AS E'\nBEGIN\n--changeset nobody:1\n  RETURN new;\nEND\n'" in text
    assert "AS $function$ SELECT a + 1 $function$" in text


def test_what_is_not_written_is_said_in_the_first_file(postgres: str, tmp_path: Path):
    build(postgres, "CREATE TABLE t (a int); CREATE RULE r AS ON INSERT TO t DO NOTHING")
    source = connect(postgres)
    (path,) = write_changelog(source, tmp_path, author="ana")
    source.close()
    assert path.read_text().splitlines()[1] == "-- not written out: rule r on public.t"
    assert len(load_changelog(tmp_path, folders=[tmp_path]).changesets) == 1


@pytest.mark.parametrize("name", ["a\n--rollback x", "${unit}"])
def test_a_name_that_a_changelog_file_cannot_hold_is_refused(name: str, postgres: str, tmp_path: Path):
    build(postgres, f'CREATE TABLE "{name}" (a int)')
    source = connect(postgres)
    with pytest.raises(SchemaError, match="cannot be written out"):
        write_changelog(source, tmp_path / "new", author="ana")
    source.close()
    assert not (tmp_path / "new").exists()


def test_a_folder_with_a_changelog_is_left_alone(postgres: str, tmp_path: Path):
    build(postgres, "CREATE TABLE t (a int)")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "v.sql").write_text("--liquibase formatted sql\n")
    source = connect(postgres)
    with pytest.raises(UsageError, match="holds a changelog already"):
        write_changelog(source, tmp_path, author="ana")
    source.close()
    assert len(list(tmp_path.rglob("*.sql"))) == 1


def test_an_empty_database_has_nothing_to_write(postgres: str, tmp_path: Path):
    source = connect(postgres)
    with pytest.raises(SchemaError, match="no objects"):
        write_changelog(source, tmp_path, author="ana")
    source.close()


@pytest.mark.parametrize("author", ["ana", "Ana Lu", "x context y", "ünal", "a@b.c"])
def test_any_author_is_written_so_that_it_is_read_as_such(author: str, tmp_path: Path):
    texts = changelog_files(Catalogue("duckdb", views=(View("main", "v", "CREATE VIEW v AS SELECT 1"),)), author)
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (changeset,) = load_changelog(tmp_path, folders=[tmp_path]).changesets
    assert (changeset.identity.author, changeset.identity.id) == (author, "view-main.v")
    assert changeset.contexts is None


@pytest.mark.parametrize("author", ["", " ", 'a"b', "a\nb", "${unit}", "x context:y"])
def test_an_author_that_cannot_stand_in_a_changelog_is_refused(author: str, postgres: str, tmp_path: Path):
    source = connect(postgres)
    with pytest.raises(UsageError, match="author"):
        write_changelog(source, tmp_path, author=author)
    source.close()


def test_objects_of_alike_names_get_ids_of_their_own(tmp_path: Path):
    views = tuple(View("main", name, f'CREATE VIEW "{name}" AS SELECT 1') for name in ("a b", "a_b", "A b", "a-b"))
    (text,) = changelog_files(Catalogue("duckdb", views=views), "ana").values()
    (tmp_path / "v.sql").write_text(text)
    found = [each.identity.id for each in load_changelog(tmp_path, folders=[tmp_path]).changesets]
    assert len({name.lower() for name in found}) == 4


KEYS = st.integers(0, 8)


@given(st.dictionaries(KEYS, st.frozensets(KEYS, max_size=4)))
def test_what_needs_something_comes_after_it_unless_they_need_each_other(needs: dict[int, frozenset[int]]):
    pieces = [
        Piece("views", "s", f"{9 - at}", (), (), ("view", str(at)), frozenset(("view", str(other)) for other in others))
        for at, others in needs.items()
    ]
    ordered = in_order(pieces)
    assert sorted(ordered, key=lambda piece: piece.name) == sorted(pieces, key=lambda piece: piece.name)
    place = {piece.key: at for at, piece in enumerate(ordered)}

    def reaches(start: int, goal: int) -> bool:
        seen, todo = set(), [start]
        while todo:
            here = todo.pop()
            if here == goal:
                return True
            if here not in seen:
                seen.add(here)
                todo += [other for other in needs.get(here, ()) if other in needs]
        return False

    circles = any(
        reaches(other, at) for at, others in needs.items() for other in others if other in needs and other != at
    )
    if not circles:
        for at, others in needs.items():
            for other in others & needs.keys() - {at}:
                assert place["view", str(other)] < place["view", str(at)]


def test_an_adopted_database_has_nothing_to_deploy_and_no_drift(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    build(postgres, POSTGRES)
    monkeypatch.chdir(tmp_path)
    recorded = adopt(
        Target(Path(), postgres), write="db", author="ana", only_next=False, wait_seconds=5, tell=lambda _: None
    )
    with opened(Target(Path("db"), postgres)) as it:
        plan = make_plan(it.changelog, it.database.history(), it.selection)
        assert (len(plan.steps), plan.to_run, plan.unknown) == (len(recorded), [], ())
        assert drift(it.database, it.changelog, it.selection) == []
