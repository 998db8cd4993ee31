"""How formatted SQL is read. Liquibase 4.28.0 was seen to read each case the same way, unless a name says ours."""

from pathlib import Path

import pytest

from data_platform.schema.changeset import Identity, Rollback
from data_platform.schema.errors import ChangelogError
from tests.schema.changelogs import HEADER, changesets, sql_of, written

ONE = "--changeset a:1\n"


@pytest.mark.parametrize(
    "first",
    [
        "--liquibase formatted sql",
        "--  LIQUIBASE   formatted sql foo",
        "\n\n  -- liquibase formatted sql",
        "\ufeff--liquibase formatted sql",
    ],
)
def test_the_header_may_be_written_in_several_ways(first: str, tmp_path: Path) -> None:
    from data_platform.schema.changelog import load_changelog

    (tmp_path / "v.sql").write_text(f"{first}\n{ONE}select 1;", encoding="utf-8")
    (found,) = load_changelog(tmp_path / "v.sql", folders=[tmp_path]).changesets
    assert found.identity == Identity("v.sql", "1", "a")


@pytest.mark.parametrize(
    ("line", "author", "name"),
    [
        ("--changeset a:1", "a", "1"),
        ("  -- CHANGESET a:1", "a", "1"),
        ("--changeset a b:1", "a b", "1"),
        ("--changeset a:1:2", "a", "1:2"),
        ("--changeset a:http://x", "a", "http://x"),
        ('--changeset "a:b":"c d" runOnChange:true', "a:b", "c d"),
        ("--changeset 'a b':c", "a b", "c"),
        ("--changeset a :1", "a ", "1"),
        ("--changeset a;b:1;--'2'", "a;b", "1;--'2'"),
        ("--changeset é:ü", "é", "ü"),
    ],
)
def test_author_and_id_are_taken_as_they_stand(line: str, author: str, name: str, tmp_path: Path) -> None:
    (found,) = changesets(tmp_path, f"{line}\nselect 1;\n")
    assert (found.identity.author, found.identity.id) == (author, name)


@pytest.mark.parametrize(
    "line",
    [
        "-changeset a:1",
        "--changeset",
        "--changeset a",
        "--changeset a:",
        "--changeset :1",
        "--changeset a: 1",
        "--changeseta:1",
        "-- changesets are fun",
        "-property name:x value:y",
        "--property name=x value=y",
        "-- property of the owner",
    ],
)
def test_a_line_that_nearly_is_a_directive_is_refused_with_its_place(line: str, tmp_path: Path) -> None:
    with pytest.raises(ChangelogError, match=r"v\.sql:3: ") as refused:
        changesets(tmp_path, f"--\n{line}\n{ONE}select 1;\n")
    assert refused.value.fix


@pytest.mark.parametrize(
    "line",
    [
        "-comment: x",
        "--comments: x",
        "-rollback drop",
        "-validCheckSum: 1",
        "--ignore:1",
        "-ignoreLines:1",
        "-preconditions onFail:WARN",
    ],
)
def test_inside_a_changeset_more_of_them_are_refused(line: str, tmp_path: Path) -> None:
    with pytest.raises(ChangelogError, match=r"v\.sql:4: "):
        changesets(tmp_path, f"{ONE}select 1;\n{line}\n")


@pytest.mark.parametrize(
    "line",
    [
        "--comment:x",
        "--commentary x",
        "  --comment: x",
        "--rollback\tx",
        "--rollback: x",
        "--rollbacks x",
        "--validCheckSum:9:a",
    ]
    + [
        "  --ignoreLines:1",
        "--ignoreLines 1",
        "--ignoreLines: start",
        "--propertyname:x value:a",
        "-- a comment",
        "--liquibase formatted sql",
    ],
)
def test_what_only_resembles_a_directive_is_sql(line: str, tmp_path: Path) -> None:
    (found,) = changesets(tmp_path, f"{ONE}select 1;\n{line}\nselect 2;\n")
    assert sql_of(found) == f"select 1;\n{line}\nselect 2;"


def test_directives_are_no_part_of_the_sql(tmp_path: Path) -> None:
    (found,) = changesets(
        tmp_path,
        ONE + "--comment first\n--comment: second\n--validCheckSum: 9:aa\n-- validCheckSum ANY\n\n  select 1;\n"
        "  --rollback drop x;\n--ignoreLines:1\nselect 0;\nselect 2; \n"
        "--ignoreLines:start\nselect 0;\n--ignoreLines:end\n\n",
    )
    assert sql_of(found) == "select 1;\nselect 2;"
    assert found.comment == "second"
    assert found.valid_checksums == ("9:aa", "ANY")


def test_attributes_are_found_wherever_they_stand_and_the_last_one_counts(tmp_path: Path) -> None:
    (found,) = changesets(
        tmp_path,
        "--changeset a:1 runOnChange:false RUNONCHANGE:TRUE, runAlways:true runInTransaction:False failOnError:false "
        'ignore:true context:"dev or test" labels:"B, a,b" dbms:postgresql,!H2 '
        "logicalFilePath:x\\./y.sql runWith:psql\n1\n",
    )
    assert (found.run_on_change, found.run_always, found.run_in_transaction, found.fail_on_error) == (
        True,
        True,
        False,
        False,
    )
    assert found.ignore
    assert found.contexts == "(dev or test)"
    assert found.labels == ("b", "a")
    assert found.dbms == ("postgresql", "!h2")
    assert found.identity.file == "x/y.sql"
    assert found.run_with == "psql"


@pytest.mark.parametrize(
    ("attribute", "doubt"),
    [
        ("runOnChange:yes", "counts as false"),
        ("runOrder:last", "is no attribute"),
        ("runOnchnage:true", "is no attribute"),
        ("context: dev", "no blank may follow the colon"),
        ("labels:'a b'", "cannot be quoted"),
        ("rollbackEndDelimiter:/", "counts for the changeset's own SQL too"),
        ("runOnChange=true", "name:value"),
    ],
)
def test_what_liquibase_passes_over_in_silence_is_told(attribute: str, doubt: str, tmp_path: Path) -> None:
    from data_platform.schema.changelog import load_changelog

    path = written(tmp_path, f"--changeset a:1 {attribute}\nselect 1;\n")
    notice, *_ = load_changelog(path, folders=[tmp_path]).notices
    assert doubt in str(notice)
    assert str(notice).startswith(f"{path}:2: ")


def test_rollback_lines_are_joined_and_a_block_keeps_its_line_ends_which_is_ours(tmp_path: Path) -> None:
    one, two = changesets(
        tmp_path,
        f"{ONE}select 1;\n--rollback drop a;\n-- rollback drop b;\n"
        "--changeset a:2\nselect 2;\n/* liquibase rollback\nDROP TABLE\nt1;\n*/\nselect 3;\n",
    )
    assert one.rollback
    assert [change.text for change in one.rollback.changes] == ["drop a;\ndrop b;"]
    assert two.rollback
    assert [change.text for change in two.rollback.changes] == ["DROP TABLE\nt1;"]
    assert sql_of(two) == "select 2;\nselect 3;"


@pytest.mark.parametrize("text", ["empty", "NOT REQUIRED", "empty;"])
def test_a_rollback_may_say_that_there_is_nothing_to_do(text: str, tmp_path: Path) -> None:
    (found,) = changesets(tmp_path, f"{ONE}select 1;\n--rollback {text}\n")
    assert found.rollback == Rollback()


def test_a_changeset_without_a_rollback_has_none(tmp_path: Path) -> None:
    assert changesets(tmp_path, f"{ONE}select 1;\n")[0].rollback is None


def test_a_rollback_may_refer_to_another_changeset_which_must_exist(tmp_path: Path) -> None:
    text = f"{ONE}select 1;\n--changeset a:2\nselect 2;\n--rollback changesetId:%s changesetAuthor:a\n"
    assert changesets(tmp_path, text % 1)[1].rollback == Rollback(reference=Identity("v.sql", "1", "a"))
    with pytest.raises(ChangelogError, match=r"v\.sql:4: .*v\.sql::9::a, which does not exist"):
        changesets(tmp_path, text % 9)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (f"{ONE}\n--changeset a:2\nselect 2;\n", 2, "no SQL"),
        (f"{ONE}select 1;\n--changeset a:2\n\n", 4, "no SQL"),
        (f"{ONE}select 1;\n/* liquibase rollback\ndrop x;\n", 4, "not closed"),
        (f"{ONE}select 1;\n--ignoreLines:end\n", 4, "ignoreLines"),
        (f"{ONE}--preconditions onFail:SKIP\nselect 1;\n", 3, "onFail:SKIP is unknown"),
        (f"{ONE}--precondition-column-exists x\nselect 1;\n", 3, "not supported"),
        (f"{ONE}--precondition-sql-check\nselect 1;\n", 3, "expectedResult"),
        (f"{ONE}--precondition-table-exists t\nselect 1;\n", 3, "table:NAME"),
        ('--changeset a:1 context:"dev or"\nselect 1;\n', 2, "cannot be read"),
        ("--changeset a:1 context:(dev\nselect 1;\n", 2, "cannot be read"),
        ("--property name:x value:${x}y\n--changeset a:1\nselect '${x}';\n", 3, "refers to itself"),
        ("--comment: x\n--changeset a:1\nselect 1;\n", 2, "before the first changeset"),
    ],
)
def test_what_is_wrong_is_refused_with_file_and_line(text: str, line: int, what: str, tmp_path: Path) -> None:
    with pytest.raises(ChangelogError, match=rf"v\.sql:{line}: .*{what}"):
        changesets(tmp_path, text)


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_line_ends_of_other_systems_make_no_difference(ends: str, tmp_path: Path) -> None:
    from data_platform.schema.changelog import load_changelog

    (tmp_path / "v.sql").write_bytes((HEADER + ONE + "select 1;\nselect 2;\n").replace("\n", ends).encode())
    (found,) = load_changelog(tmp_path / "v.sql", folders=[tmp_path]).changesets
    assert sql_of(found) == "select 1;\nselect 2;"


def test_a_file_without_a_header_is_one_changeset_unless_it_has_changesets(tmp_path: Path) -> None:
    from data_platform.schema.changelog import load_changelog

    (tmp_path / "v.sql").write_text("select 1;\nselect 2;\n")
    (found,) = load_changelog(tmp_path / "v.sql", folders=[tmp_path]).changesets
    assert found.identity == Identity("v.sql", "raw", "includeAll")
    assert found.checksum
    (tmp_path / "v.sql").write_text("-- my tables\n--changeset a:1\nselect 1;\n")
    with pytest.raises(ChangelogError, match=r"v\.sql:2: .*header"):
        load_changelog(tmp_path / "v.sql", folders=[tmp_path])
