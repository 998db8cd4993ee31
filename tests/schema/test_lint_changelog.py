"""Lint: rollback, identities, databases, consent; and that no text makes it fall over."""

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_platform.schema.changelog import load_changelog
from data_platform.schema.changes import Sql
from data_platform.schema.changeset import Changeset, Identity
from data_platform.schema.expressions import Selection
from data_platform.schema.history import History, Ran
from data_platform.schema.lint import RULES, Finding, Options, Severity, lint
from tests.schema.changelogs import changesets, written

PAGE = Path(__file__).parents[2] / "docs" / "schema-lint.md"


def rules(folder: Path, text: str, dialect: str = "postgresql", options: Options | None = None) -> list[str]:
    return [each.rule for each in lint(changesets(folder, text), dialect, options)]


def deployed(*rows: tuple[Changeset, str]) -> History:
    when = datetime(2026, 1, 1)
    return History(Ran(each.identity, checksum, at, "EXECUTED", when) for at, (each, checksum) in enumerate(rows, 1))


def test_a_changeset_that_does_not_say_how_it_is_undone_is_told(tmp_path: Path):
    text = "--changeset a:1\nCREATE TABLE t (a int);\n"
    (finding,) = lint(changesets(tmp_path, text), "postgresql")
    assert (finding.rule, finding.severity, finding.line) == ("missing-rollback", Severity.WARNING, 2)
    assert rules(tmp_path, text + "--rollback DROP TABLE t;\n") == []
    assert rules(tmp_path, text + "--rollback not required\n") == []


def test_what_a_rollback_drops_is_no_finding(tmp_path: Path):
    assert rules(tmp_path, "--changeset a:1\nCREATE TABLE t (a int);\n--rollback DROP TABLE u; TRUNCATE v;\n") == []


def test_ids_that_are_equal_or_differ_in_case_only_are_an_error(tmp_path: Path):
    text = "--changeset a:x\nSELECT 1;\n--rollback empty\n--changeset A:X\nSELECT 2;\n--rollback empty\n"
    (finding,) = lint(changesets(tmp_path, text), "postgresql")
    assert (finding.rule, finding.severity, finding.line) == ("duplicate-id", Severity.ERROR, 5)
    assert "v.sql:2" in finding.message
    assert rules(tmp_path, text.replace("A:X", "a:x")) == ["duplicate-id"]
    assert rules(tmp_path, text, options=Options(history=History([]))) == ["duplicate-id"]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("COMMIT", True),
        ("begin work", True),
        ("ROLLBACK AND CHAIN", True),
        ("ROLLBACK TO SAVEPOINT s", False),
        ("SELECT 'commit'", False),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$", False),
    ],
)
def test_what_ends_the_transaction_of_a_changeset_is_told_in_its_line(tmp_path: Path, statement: str, told: bool):
    text = f"--changeset a:1\nSELECT 1;\n\n{statement};\n--rollback empty\n"
    found = [each.line for each in lint(changesets(tmp_path, text), "postgresql") if each.rule == "ends-transaction"]
    assert found == ([5] if told else [])
    alone = text.replace("a:1", "a:1 runInTransaction:false")
    assert "ends-transaction" not in rules(tmp_path, alone)


@pytest.mark.parametrize(
    ("dbms", "told"),
    [("duckdb", False), ("postgresql,duckdb", True), ("postgresql,!duckdb", False), ("!duckdb", False)],
)
def test_a_list_of_databases_with_duckdb_is_told(tmp_path: Path, dbms: str, told: bool):
    text = f"--changeset a:1 dbms:{dbms}\nSELECT 1;\n--rollback empty\n"
    assert rules(tmp_path, text) == (["duckdb-dbms"] if told else [])


def test_a_path_on_the_header_is_told_once_a_file(tmp_path: Path):
    written(tmp_path, "--changeset a:1\nSELECT 1;\n--rollback empty\n--changeset a:2\nSELECT 2;\n--rollback empty\n")
    file = tmp_path / "v.sql"
    file.write_text(file.read_text().replace("formatted sql", "formatted sql logicalFilePath:old/v.sql", 1))
    (finding,) = lint(load_changelog(file, folders=[tmp_path]).changesets, "postgresql")
    assert (finding.rule, finding.line) == ("header-path", 1)


def test_changesets_for_other_databases_are_not_read(tmp_path: Path):
    text = "--changeset a:1 dbms:snowflake\nCREATE OR REPLACE TABLE t (a int);\n--rollback empty\n"
    assert rules(tmp_path, text) == []
    assert rules(tmp_path, text, "snowflake") == ["replace-table"]


def test_an_ignored_changeset_is_not_read(tmp_path: Path):
    assert rules(tmp_path, "--changeset a:1 ignore:true\nDROP TABLE t;\n") == []


def test_sql_that_is_sent_in_one_piece_is_read_one_by_one(tmp_path: Path):
    text = "--changeset a:1 splitStatements:false\nSELECT 1;\nDROP TABLE t;\n--rollback empty\n"
    (finding,) = lint(changesets(tmp_path, text), "postgresql")
    assert (finding.rule, finding.line) == ("drop-object", 4)


def test_a_delimiter_of_its_own_is_minded(tmp_path: Path):
    text = "--changeset a:1 endDelimiter:@@\nSELECT 1 @@\nDROP TABLE t @@\nTRUNCATE u;\n--rollback empty\n"
    assert [(each.rule, each.line) for each in lint(changesets(tmp_path, text), "postgresql")] == [
        ("drop-object", 4),
        ("truncate", 5),
    ]


def test_sql_that_cannot_be_split_is_an_error_and_read_all_the_same(tmp_path: Path):
    text = "--changeset a:1\nDROP TABLE t;\nSELECT 'open;\n--rollback empty\n"
    found = lint(changesets(tmp_path, text), "postgresql")
    assert [(each.rule, each.line) for each in found] == [("drop-object", 3), ("unreadable-sql", 4)]


# edits of what is deployed


def test_an_edit_of_a_deployed_changeset_is_an_error(tmp_path: Path):
    before = changesets(tmp_path, "--changeset a:1\nSELECT 1;\n--rollback empty\n")
    history = deployed((before[0], before[0].checksum))
    edited = "--changeset a:1\nSELECT 2;\n--rollback empty\n"
    (finding,) = lint(changesets(tmp_path, edited), "postgresql", Options(history=history))
    assert (finding.rule, finding.severity) == ("edited-changeset", Severity.ERROR)
    assert before[0].checksum in finding.message


def test_an_accepted_edit_or_a_repeatable_changeset_is_none(tmp_path: Path):
    before = changesets(tmp_path, "--changeset a:1\nSELECT 1;\n--rollback empty\n")
    options = Options(history=deployed((before[0], before[0].checksum)))
    for text in (
        "--changeset a:1\n--validCheckSum: ANY\nSELECT 2;\n--rollback empty\n",
        "--changeset a:1 runOnChange:true\nSELECT 2;\n--rollback empty\n",
    ):
        assert rules(tmp_path, text, options=options) == []


def test_what_a_deploy_filters_out_is_not_looked_at(tmp_path: Path):
    text = "--changeset a:1 context:test\nDROP TABLE t;\n--rollback empty\n"
    options = Options(history=History([]), selection=Selection(contexts=("prod",)))
    assert rules(tmp_path, text, options=options) == []
    assert rules(tmp_path, text) == ["drop-object"]


# consent


def test_consent_in_the_changeset_needs_a_reason_and_makes_a_warning(tmp_path: Path):
    text = "--changeset a:1\n--allow destructive: nobody reads it since May\nDROP TABLE t;\n--rollback empty\n"
    (finding,) = lint(changesets(tmp_path, text), "postgresql")
    assert (finding.severity, finding.consent) == (Severity.WARNING, "nobody reads it since May")
    assert "nobody reads it since May" in str(finding)
    without = text.replace(" nobody reads it since May", "")
    found = lint(changesets(tmp_path, without), "postgresql")
    assert {(each.rule, each.severity) for each in found} == {
        ("drop-object", Severity.ERROR),
        ("consent-without-reason", Severity.ERROR),
    }


def test_consent_in_the_sql_of_a_yaml_root_counts(tmp_path: Path):
    (tmp_path / "root.yaml").write_text(
        "databaseChangeLog:\n- changeSet:\n    id: 1\n    author: a\n    changes:\n    - sql:\n        sql: |\n"
        "          --allow destructive: it is empty\n          DROP TABLE t;\n    rollback: empty\n"
    )
    found = lint(load_changelog(tmp_path / "root.yaml", folders=[tmp_path]).changesets, "postgresql")
    assert {each.rule: each.consent for each in found}["drop-object"] == "it is empty"


def test_consent_to_one_rule_is_none_to_another(tmp_path: Path):
    text = "--changeset a:1\n--allow truncate: the copy is empty\nTRUNCATE t; DROP TABLE t;\n--rollback empty\n"
    found = {each.rule: each.consent for each in lint(changesets(tmp_path, text), "postgresql")}
    assert found == {"truncate": "the copy is empty", "drop-object": None}


def test_consent_may_be_given_for_the_whole_run(tmp_path: Path):
    text = "--changeset a:1\nDROP TABLE t;\n--rollback empty\n"
    (finding,) = lint(changesets(tmp_path, text), "postgresql", Options(allowed=frozenset({"destructive"})))
    assert (finding.severity, finding.consent) == (Severity.WARNING, "--allow destructive")


def test_consent_to_what_is_no_rule_is_an_error(tmp_path: Path):
    assert rules(tmp_path, "--changeset a:1\n--allow destruction: yes\nSELECT 1;\n--rollback empty\n") == [
        "unknown-consent"
    ]


def test_a_deploy_that_must_fail_cannot_be_consented_to(tmp_path: Path):
    text = "--changeset a:1\n--allow changelog: so be it\nSELECT 1;\n--changeset a:1\nSELECT 1;\n--rollback empty\n"
    found = {each.rule: each.severity for each in lint(changesets(tmp_path, text), "postgresql")}
    assert found == {"missing-rollback": Severity.WARNING, "duplicate-id": Severity.ERROR}


def test_only_the_files_asked_for_are_told(tmp_path: Path):
    first, second = written(tmp_path, "--changeset a:1\nDROP TABLE t;\n", "1.sql"), tmp_path / "2.sql"
    second.write_text(first.read_text())
    found = lint(
        load_changelog(tmp_path, folders=[tmp_path]).changesets, "postgresql", Options(files=frozenset({second}))
    )
    assert {each.source.name for each in found} == {"2.sql"}


# no text makes it fall over

SOURCE = """DROP TABLE ALTER ADD COLUMN CREATE OR REPLACE INDEX CONCURRENTLY ON t a NOT NULL DEFAULT DELETE FROM WHERE
( ) , ; ' " $$ -- /* */ . BEGIN END DO EXECUTE TYPE RENAME TO CONSTRAINT CHECK WITH AS VACUUM FULL TRUNCATE UPDATE SET
= IF EXISTS VIEW FUNCTION SCHEMA [ ] :: 1 $x$ E' \\ IDENTIFIER PRIMARY KEY GENERATED"""
WORDS = [*SOURCE.split(), "\n"]


def one(text: str, dialect: str) -> list[Finding]:
    changeset = Changeset(Identity("v.sql", "1", "a"), (Sql(text, 3),), Path("v.sql"), 2)
    return lint([changeset], dialect)


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(st.text(), st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join)),
    st.sampled_from(["postgresql", "duckdb", "snowflake"]),
)
def test_any_text_is_looked_over_and_findings_lie_within_it(text: str, dialect: str):
    for finding in one(text, dialect):
        assert 2 <= finding.line <= 3 + text.count("\n")
        assert finding.rule in RULES


QUOTES = st.sampled_from(["'{}'", '"{}"', "$${}$$", "$q${}$q$", "-- {}\n", "/* {} */", "/* /* {} */ */", "E'{}'"])
INNER = st.text(st.characters(exclude_characters="'\"$*/\\\n\r-;\0", exclude_categories=["Cs"]), max_size=8)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(QUOTES, INNER), max_size=4), st.integers(0, 3))
def test_what_is_quoted_is_never_taken_for_a_statement(quoted: list[tuple[str, str]], before: int):
    hidden = [form.format(f"{inner}; DROP TABLE t; {inner}") for form, inner in quoted]
    text = "\n" * before + "SELECT " + " , ".join([*hidden, "1"]) + ";\nTRUNCATE real_one;"
    found = [(each.rule, each.line) for each in one(text, "postgresql") if each.rule != "missing-rollback"]
    assert found == [("truncate", 3 + text[: text.index("TRUNCATE real_one")].count("\n"))]


def test_every_rule_has_its_heading():
    headings = [line.removeprefix("### ") for line in PAGE.read_text().splitlines() if line.startswith("### ")]
    assert sorted(headings) == sorted(RULES)
