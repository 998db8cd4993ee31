"""Whatever ids, authors, file names and values contain is stored and compared as text."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_platform.schema.changelog import load_changelog
from data_platform.schema.changes import Sql
from data_platform.schema.changeset import Changelog, Changeset, Identity
from data_platform.schema.connecting import connect
from data_platform.schema.database import Database
from data_platform.schema.deploy import deploy
from data_platform.schema.errors import ChangelogError, ChangesetError
from data_platform.schema.expressions import Selection
from data_platform.schema.paths import normalized
from data_platform.schema.step import State
from data_platform.schema.writes import Delete, DropNote, SetChecksum, SetTag
from tests.schema.databases import sql, tables

EVIL = "x'); DROP TABLE t1; --\\"
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)
TRICKY = st.text(st.sampled_from(list("';\"\\$-/*%s{}():\n a")), min_size=1, max_size=20)
NAME = TEXT | TRICKY
FILE = NAME.filter(lambda file: normalized(file) == file)


def test_a_changelog_full_of_quotes_and_semicolons_is_recorded_as_it_is_written(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "it's; DROP %s"
    folder.mkdir()
    (folder / 'v";--.sql').write_text(
        "--liquibase formatted sql\n--property name:p value:v');DROP--\n"
        f'--changeset "a\'); DROP TABLE t1; --":"{EVIL}" labels:l\'x context:c\'x\n--comment: {EVIL}\n'
        f"CREATE TABLE t1 (id int, value varchar(99));\nINSERT INTO t1 VALUES (1, '${{p}}');\n".replace(
            "');DROP--'", ""
        )
    )
    text = (folder / 'v";--.sql').read_text().replace("'${p}'", "$x$${p}$x$")
    (folder / 'v";--.sql').write_text(text)
    changelog = load_changelog(folder, folders=[tmp_path])
    database = connect(url)
    assert len(deploy(database, changelog, Selection()).ran) == 1
    again = deploy(database, changelog, Selection())
    database.close()
    assert [step.state for step in again.plan.steps] == [State.DEPLOYED]
    assert sql(url, "SELECT id, author, filename, labels, contexts, comments FROM databasechangelog") == [
        (EVIL, "a'); DROP TABLE t1; --", "it's; DROP %s/v\";--.sql", "l'x", "c'x", EVIL)
    ]
    assert sql(url, "SELECT value FROM t1") == [("v');DROP--",)]


@pytest.fixture
def database(url: str) -> Database:
    return connect(url if url.startswith("postgresql") else "duckdb:///:memory:")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(identity=st.builds(Identity, FILE, NAME, NAME), tag=NAME, comment=NAME)
def test_any_identity_is_found_again_and_can_be_changed(
    database: Database, identity: Identity, tag: str, comment: str
) -> None:
    changeset = Changeset(identity, (Sql("SELECT 1"),), Path("v.sql"), 1, comment=comment)
    changelog = Changelog((changeset,))
    assert [step.state for step in deploy(database, changelog, Selection()).plan.steps] == [State.NEW]
    row = database.history().of(changeset)
    assert row is not None
    assert (row.identity, row.comments) == (changeset.identity, comment)
    assert changeset.identity in database.notes()
    with database.lock(0, lambda line: None):
        database.write([SetTag(row, tag), SetChecksum(row.identity, None)])
        row = database.history().of(changeset)
        assert row is not None
        assert (row.tag, row.checksum) == (tag, None)
        database.write([Delete(row.identity), DropNote(changeset.identity)])
    assert database.history().rows == ()
    assert database.notes() == {}


@pytest.mark.parametrize("character", ["\0", "\ud800"])
def test_a_character_that_no_database_takes_is_refused_before_anything_runs(url: str, character: str) -> None:
    changesets = [
        Changeset(Identity("v.sql", str(number), "a"), (Sql(text),), Path("v.sql"), number)
        for number, text in enumerate(["SELECT 1", f"SELECT\n'{character}'"], 1)
    ]
    database = connect(url)
    with pytest.raises(ChangelogError, match=r"v\.sql:2: .*U\+(0000|D800)"):
        deploy(database, Changelog(tuple(changesets)), Selection())
    database.close()
    assert tables(url) == set()


def test_error_texts_of_the_database_are_kept_as_text(url: str) -> None:
    changeset = Changeset(
        Identity("v.sql", EVIL, "a"), (Sql(f'SELECT * FROM "{EVIL}"'),), Path("v.sql"), 1, run_in_transaction=False
    )
    database = connect(url)
    with pytest.raises(ChangesetError):
        deploy(database, Changelog((changeset,)), Selection())
    (note,) = database.notes().values()
    database.close()
    assert note.progress is not None
    assert EVIL in str(note.progress.error)
    assert "platform.schema_changesets" in tables(url)
