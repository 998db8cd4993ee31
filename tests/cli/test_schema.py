"""`dp schema` as a person calls it: what is wrong is told in one line, and nothing is changed."""

import json
from pathlib import Path

import pytest

from data_platform.cli.main import run
from tests.schema.changelogs import written


def dp(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run(["schema", *arguments])
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    return code, printed.out, printed.err


@pytest.fixture
def about(tmp_path: Path) -> list[str]:
    path = written(tmp_path / "db", "--changeset a:1\nCREATE TABLE t (x INTEGER);\n--rollback DROP TABLE t;\n")
    return ["--changelog", str(path), "--database", f"duckdb:///{tmp_path}/w.duckdb"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["deploy"], "it is not said which changelog"),
        (["deploy", "--changelog", "v.sql"], "it is not said which database"),
        (["deploy", "--unit", "nosuch"], "there is no unit 'nosuch'"),
        (["deploy", "--unit", "fleet"], "has no schema folder"),
        (["plan", "--unit", "meteorology", "--region", "mars"], "is not in region 'mars'"),
        (["plan", "--changelog", "v.sql", "--database", "jdbc:postgresql://x/y"], "leave out 'jdbc:'"),
        (["plan", "--changelog", "v.sql", "--database", "mysql://x/y"], "none that is known"),
        (["plan", "--changelog", "v.sql", "--database", "duckdb:///x", "--property", "a"], "is not NAME=VALUE"),
        (["rollback", "--changelog", "v.sql", "--database", "duckdb:///x"], "how far to roll back"),
        (["rollback", "--changelog", "v.sql", "--database", "duckdb:///x", "--date", "soon"], "is no date"),
        (["tag", "x"], "it is not said which database"),
        (["baseline", "--database", "duckdb:///x"], "which changelog to record"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "--changeset a:1\nselect 1;\n")
    code, out, err = dp(capsys, *arguments)
    assert (code, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["v.sql"]


def test_a_changelog_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = dp(capsys, "plan", "--changelog", str(tmp_path / "no.sql"), "--database", "duckdb:///x")
    assert code == 1
    assert "there is no changelog" in err


def test_commands_that_read_write_nothing(about: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for command in ("plan", "status", "sql", "history"):
        assert dp(capsys, command, *about)[0] == 0
    assert not (tmp_path / "w.duckdb").exists()


def test_status_as_json_lists_every_changeset_with_its_state_and_reason(
    about: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (before,) = json.loads(dp(capsys, "status", *about, "--json")[1])
    assert (before["file"], before["id"], before["author"], before["state"]) == ("v.sql", "1", "a", "new")
    assert before["checksum"].startswith("9:")
    assert before["reason"]
    assert dp(capsys, "deploy", *about)[0] == 0
    (after,) = json.loads(dp(capsys, "status", *about, "--json")[1])
    assert (after["state"], after["stored_checksum"]) == ("deployed", before["checksum"])


def test_the_plan_is_what_a_deploy_does(about: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    (planned,) = json.loads(dp(capsys, "plan", *about, "--json")[1])
    assert planned["statements"] == ["CREATE TABLE t (x INTEGER)"]
    deployed = json.loads(dp(capsys, "deploy", *about, "--json")[1])
    assert [each["id"] for each in deployed["ran"]] == [planned["id"]]
    assert not [each for each in json.loads(dp(capsys, "plan", *about, "--json")[1]) if each["runs"]]


def test_a_tag_is_where_a_rollback_stops(about: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    dp(capsys, "deploy", *about)
    assert "bears the tag v1" in dp(capsys, "tag", "v1", *about)[1]
    with (tmp_path / "db" / "v.sql").open("a") as stream:
        stream.write("--changeset a:2\nCREATE TABLE u (x INTEGER);\n--rollback DROP TABLE u;\n")
    dp(capsys, "deploy", *about)
    assert "DROP TABLE u;" in dp(capsys, "rollback", "--tag", "v1", "--sql", *about)[1]
    assert "1 changeset rolled back" in dp(capsys, "rollback", "--tag", "v1", *about)[1]
    rows = json.loads(dp(capsys, "history", *about, "--json")[1])
    assert [(row["id"], row["tag"]) for row in rows] == [("1", "v1")]
    code, _, err = dp(capsys, "rollback", "--tag", "v9", *about)
    assert code == 1
    assert "known: v1" in err


def test_what_destroys_needs_consent(about: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    dp(capsys, "deploy", *about)
    with (tmp_path / "db" / "v.sql").open("a") as stream:
        stream.write("--changeset a:2\nDROP TABLE t;\n--rollback empty\n")
    code, _, err = dp(capsys, "deploy", *about)
    assert code == 1
    assert "v.sql:6: " in err
    assert "--allow destructive" in err
    assert dp(capsys, "validate", *about)[0] == 1
    assert dp(capsys, "deploy", "--allow", "destructive", *about)[0] == 0


def test_unlock_tells_who_holds_the_lock(about: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import duckdb

    assert "nobody holds" in dp(capsys, "unlock", *about)[1]
    dp(capsys, "deploy", *about)
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute("UPDATE databasechangeloglock SET locked = true, lockedby = 'old host (10.0.0.9)'")
    assert "held by old host (10.0.0.9)" in dp(capsys, "unlock", "--show", *about)[1]
    assert "it is free now" in dp(capsys, "unlock", *about)[1]
    assert "nobody holds" in dp(capsys, "unlock", "--show", *about)[1]


def test_every_changelog_of_this_repository_is_sound(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = dp(capsys, "validate", "--all")
    assert code == 0, out + err
