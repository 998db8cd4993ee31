"""Lint: the convention of a unit's schema folder."""

from pathlib import Path

import pytest

from data_platform.schema.changelog import load_changelog
from data_platform.schema.lint import RULES, Finding, Options, lint
from tests.schema.changelogs import written

TABLE = "--changeset ana:1\nCREATE TABLE app.crew (id int);\n--rollback DROP TABLE app.crew;\n"
VIEW = "--changeset ana:1 runOnChange:true\nCREATE OR REPLACE VIEW app.crew_now AS SELECT 1 AS a;\n--rollback empty\n"
FUNCTION = (
    "--changeset ana:1 runOnChange:true\nCREATE OR REPLACE FUNCTION app.age() RETURNS int LANGUAGE sql AS 'SELECT 1';\n"
    "--rollback empty\n"
)


def found(folder: Path, dialect: str = "postgresql", root: Path | None = None) -> list[Finding]:
    changesets = load_changelog(folder, folders=[folder]).changesets
    return lint(changesets, dialect, Options(convention=root or folder))


def test_a_folder_by_the_convention_has_no_findings(tmp_path: Path):
    written(tmp_path, TABLE, "crew/001_crew_table.sql")
    written(tmp_path, TABLE.replace("crew", "planes"), "crew/002_planes.sql")
    written(tmp_path, VIEW, "crew/views/crew_now.sql")
    written(tmp_path, FUNCTION, "crew/functions/app.age.sql")
    assert found(tmp_path) == []


def test_nothing_is_said_of_names_unless_asked(tmp_path: Path):
    written(tmp_path, TABLE, "Tables.sql")
    assert lint(load_changelog(tmp_path, folders=[tmp_path]).changesets, "postgresql") == []


@pytest.mark.parametrize(
    "name",
    [
        "001_crew.sql",
        "crew/crew.sql",
        "crew/1_crew.sql",
        "crew/001-crew.sql",
        "crew/001_Crew.sql",
        "Crew/001_crew.sql",
        "crew/more/001_crew.sql",
        "crew/001 crew.sql",
    ],
)
def test_a_file_of_another_name_or_place_is_told_with_its_path(tmp_path: Path, name: str):
    path = written(tmp_path, TABLE, name)
    (finding,) = found(tmp_path)
    assert (finding.rule, finding.source, finding.line) == ("file-name", path, 1)
    assert name in finding.message


def test_two_files_of_one_number_are_told(tmp_path: Path):
    written(tmp_path, TABLE, "crew/001_crew.sql")
    written(tmp_path, TABLE.replace("crew", "planes"), "crew/001_planes.sql")
    (finding,) = found(tmp_path)
    assert (finding.rule, finding.source.name) == ("file-name", "001_planes.sql")
    assert "001_crew.sql" in finding.message


def test_files_outside_of_the_folder_are_none_of_its_business(tmp_path: Path):
    written(tmp_path, TABLE, "Other.sql")
    assert found(tmp_path, root=tmp_path / "schema") == []


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (VIEW.replace(" runOnChange:true", ""), 2, "lacks runOnChange"),
        (VIEW.replace("OR REPLACE ", ""), 3, "without OR REPLACE"),
        (VIEW.replace("crew_now", "crew_then"), 3, "not what the file is named after"),
        (FUNCTION, 3, "does not belong in views/"),
    ],
)
def test_a_repeatable_file_can_be_repeated_and_holds_what_its_name_says(
    tmp_path: Path, text: str, line: int, message: str
):
    written(tmp_path, text, "crew/views/crew_now.sql")
    (finding,) = found(tmp_path)
    assert (finding.rule, finding.line) == ("repeatable", line)
    assert message in finding.message


def test_a_repeatable_changeset_is_not_in_a_numbered_file(tmp_path: Path):
    written(tmp_path, VIEW, "crew/001_view.sql")
    assert [each.rule for each in found(tmp_path)] == ["repeatable"]


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("CREATE TABLE Crew (id int);", "Crew"),
        ('CREATE TABLE "crew list" (id int);', "crew list"),
        ("CREATE TABLE crew (id int, firstName text);", "firstName"),
        ("ALTER TABLE crew ADD COLUMN Age int;", "Age"),
        ("CREATE INDEX crewIndex ON crew (id);", "crewIndex"),
        ("CREATE SCHEMA App;", "App"),
    ],
)
def test_names_are_lower_case(tmp_path: Path, sql: str, name: str):
    written(tmp_path, f"--changeset ana:1\nSELECT 1;\n{sql}\n--rollback empty\n", "crew/001_crew.sql")
    (finding,) = [each for each in found(tmp_path) if RULES[each.rule].group == "convention"]
    assert (finding.rule, finding.line) == ("object-name", 4)
    assert name in finding.message


def test_snowflake_may_have_its_upper_case(tmp_path: Path):
    written(tmp_path, TABLE.replace("app.crew (id int)", "APP.CREW (ID INT)"), "crew/001_crew.sql")
    assert found(tmp_path, "snowflake") == []


def test_an_author_is_named_and_an_id_is_one_changeset(tmp_path: Path):
    text = "--changeset ana:1\nSELECT 1;\n--rollback empty\n--changeset ben:1\nSELECT 2;\n--rollback empty\n"
    written(tmp_path, text + '--changeset " ":2\nSELECT 3;\n--rollback empty\n', "crew/001_crew.sql")
    assert [(each.rule, each.line) for each in found(tmp_path)] == [("repeated-id", 5), ("author", 8)]
