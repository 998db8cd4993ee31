"""Database URLs: the three forms, one line for what is wrong, and no password anywhere."""

from pathlib import Path

import psycopg2
import pytest

from data_platform.errors import UsageError
from data_platform.schema.address import read_address
from data_platform.schema.connecting import connect
from data_platform.schema.errors import DatabaseError
from data_platform.schema.names import Names


@pytest.mark.parametrize(
    ("url", "kind", "path"),
    [
        ("postgresql://me@host:5433/db", "postgresql", "db"),
        ("postgres://host/db", "postgresql", "db"),
        ("postgresql+psycopg2://me:pw@host/db?sslmode=require", "postgresql", "db"),
        ("postgresql://me@/db?host=%2Ftmp%2Fsocket", "postgresql", "db"),
        ("duckdb:///folder/file.duckdb", "duckdb", "folder/file.duckdb"),
        ("duckdb:////folder/with%20blank.duckdb", "duckdb", "/folder/with blank.duckdb"),
        ("snowflake://me@acme-prod/db/schema?warehouse=wh", "snowflake", "db/schema"),
    ],
)
def test_three_forms_are_known(url: str, kind: str, path: str) -> None:
    address = read_address(url)
    assert (address.kind, address.path) == (kind, path)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://me:s3cret@host/db", "begins with 'mysql'"),
        ("jdbc:postgresql://host/db?password=s3cret", "leave out 'jdbc:'"),
        ("me:s3cret@host/db", "none that is known"),
        ("", "none that is known"),
        ("postgresql://me:s3cret@host:port/db", "cannot be read"),
        ("postgresql://me:s3cret@[::1/db", "cannot be read"),
        ("duckdb://file.duckdb", "three slashes"),
        ("duckdb:///", "names no file"),
        ("snowflake://me:s3cret@acme/db", "holds no password"),
        ("snowflake://me@acme/db?password=s3cret", "holds no password"),
        ("snowflake:///db", "lacks its user or account"),
    ],
)
def test_a_wrong_url_is_told_in_one_line_without_its_password(url: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        connect(url)
    assert "s3cret" not in str(raised.value)
    assert "\n" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    "url", ["postgresql://me:s3cret@host:5433/db", "postgresql://me@host:5433/db?password=s3cret&sslmode=require"]
)
def test_what_is_shown_of_a_url_has_no_password(url: str) -> None:
    shown = read_address(url).shown
    assert "s3cret" not in shown
    assert shown.startswith("postgresql://me@host:5433/db")


def test_a_database_that_cannot_be_reached_is_one_line_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(
        DatabaseError, match=r"^postgresql://me@127\.0\.0\.1:1/db: the database cannot be reached: "
    ) as raised:
        connect("postgresql://me:s3cret@127.0.0.1:1/db")
    assert "s3cret" not in str(raised.value)
    assert "\n" not in str(raised.value)
    (tmp_path / "text.duckdb").write_text("this is no database")
    with pytest.raises(DatabaseError, match="cannot be opened"):
        connect(f"duckdb:///{tmp_path}/text.duckdb").history()
    assert (tmp_path / "text.duckdb").read_text() == "this is no database"


def test_a_wrong_option_of_a_url_is_told_in_one_line() -> None:
    with pytest.raises(DatabaseError, match="currentSchema"):
        connect("postgresql://me@127.0.0.1:1/db?currentSchema=a")


def test_a_session_can_be_told_by_its_name(postgres: str) -> None:
    database = connect(postgres)
    connection = psycopg2.connect(postgres)
    cursor = connection.cursor()
    cursor.execute("SELECT application_name FROM pg_stat_activity WHERE datname = current_database()")
    names = [name for (name,) in cursor.fetchall() if name]
    assert len(names) == 1
    assert names[0].startswith("dp schema deploy (")
    connection.close()
    database.close()


@pytest.mark.parametrize("name", ["", "a%s", "a\0b"])
def test_a_name_that_no_table_can_have_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        Names(changelog_table=name)
