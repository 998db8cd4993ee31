import hashlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from data_platform.warehouse import (
    Column,
    CsvFile,
    ObjectStorage,
    Table,
    Warehouse,
    WarehouseError,
    WrongValueError,
    open_duckdb,
)

HOLD = """
import sys, time
from pathlib import Path
from data_platform.warehouse import open_duckdb
with open_duckdb(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""
PEOPLE = Table("raw", 'odd "name"')


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "warehouse" / "operations.duckdb"


def held(file: Path, seconds: float) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(file), str(seconds)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def people(tmp_path: Path, text: str) -> CsvFile:
    path = tmp_path / "people's.csv"
    path.write_text(text, encoding="utf-8")
    return CsvFile(path, tuple(text.splitlines()[0].split(",")), ("NA",))


def test_opening_waits_for_the_process_that_has_the_file(file: Path) -> None:
    with held(file, 0.7):
        before = time.monotonic()
        with open_duckdb(file) as warehouse:
            assert warehouse.connection.execute("SELECT 1").fetchone() == (1,)
        assert time.monotonic() - before > 0.3


def test_waiting_ends_with_the_holder_and_its_command(file: Path) -> None:
    with held(file, 60) as holder:
        with pytest.raises(WarehouseError) as caught, open_duckdb(file, wait_seconds=0.2):
            pass
        holder.kill()
    message = str(caught.value)
    assert f"process {holder.pid} (" in message
    assert sys.executable in message
    assert str(file) in message
    assert "\n" not in message


def test_readers_share_the_file_and_wait_for_a_writer(file: Path) -> None:
    with held(file, 0.3), open_duckdb(file, read_only=True):
        pass
    with open_duckdb(file, read_only=True):
        reader = (
            "import sys; from pathlib import Path; from data_platform.warehouse import open_duckdb\n"
            "with open_duckdb(Path(sys.argv[1]), read_only=True, wait_seconds=0): print('read')"
        )
        second = subprocess.run([sys.executable, "-c", reader, str(file)], check=True, capture_output=True, text=True)
    assert second.stdout == "read\n"


def test_a_file_that_another_process_has_just_created_is_waited_for(file: Path) -> None:
    with open_duckdb(file.with_name("made.duckdb")) as warehouse:
        warehouse.connection.execute("CREATE TABLE t AS SELECT 7 AS x")
    whole = file.with_name("made.duckdb").read_bytes()
    file.touch()
    written = threading.Timer(0.5, lambda: file.write_bytes(whole))
    written.start()
    with open_duckdb(file) as warehouse:
        assert warehouse.connection.execute("SELECT x FROM t").fetchall() == [(7,)]
    written.join()


@pytest.mark.parametrize("damage", ["garbage", "empty", "truncated", "zeroed"])
def test_a_file_that_is_no_duckdb_file_is_one_clear_line_and_stays_as_it_is(file: Path, damage: str) -> None:
    with open_duckdb(file) as warehouse:
        warehouse.connection.execute("CREATE TABLE t AS SELECT range AS x FROM range(100000)")
    whole = file.read_bytes()
    content = {
        "garbage": b"not a warehouse" * 1000,
        "empty": b"",
        "truncated": whole[: len(whole) // 2],
        "zeroed": whole[:8192] + bytes(len(whole) - 8192),
    }[damage]
    file.write_bytes(content)
    with pytest.raises(WarehouseError) as caught, open_duckdb(file) as warehouse:
        warehouse.connection.execute("SELECT sum(x) FROM t").fetchall()
    message = str(caught.value)
    assert message.startswith(f"{file}: ")
    assert "\n" not in message
    assert hashlib.sha256(file.read_bytes()).digest() == hashlib.sha256(content).digest()
    assert os.listdir(file.parent) == [file.name]


def test_a_reader_of_a_file_that_is_not_there_is_told_what_to_build(file: Path) -> None:
    with pytest.raises(WarehouseError, match="dp unit build operations"), open_duckdb(file, read_only=True):
        pass
    assert not file.exists()


def test_a_failing_statement_is_an_error_of_the_platform(file: Path) -> None:
    with pytest.raises(WarehouseError, match="DuckDB failed: Catalog Error") as caught, open_duckdb(file) as warehouse:
        warehouse.connection.execute("SELECT * FROM absent")
    assert "\n" not in str(caught.value)


def test_a_load_makes_the_table_with_types_constraints_and_comments(file: Path, tmp_path: Path) -> None:
    columns = [
        Column("name", "VARCHAR", nullable=False, description="it's the person's"),
        Column("born", "DATE"),
        Column("select", "DECIMAL(5,2)"),
    ]
    source = people(tmp_path, "select,extra,name,born\n1.50,x,Ada,1815-12-10\nNA,y,,NA\n")
    with open_duckdb(file) as opened:
        warehouse: Warehouse = opened
        assert warehouse.load_csv(PEOPLE, source, columns, 'the "people"') == 2
        assert warehouse.row_count(PEOPLE) == 2
        assert warehouse.columns(PEOPLE) == tuple(columns)
        assert warehouse.columns(Table("raw", "absent")) == ()
        rows = opened.connection.execute(f'SELECT name, "select"::VARCHAR FROM {PEOPLE}').fetchall()
        comment = opened.connection.execute("SELECT comment FROM duckdb_tables()").fetchone()
    assert rows == [("Ada", "1.50"), ("", None)]
    assert comment == ('the "people"',)


@pytest.mark.parametrize(
    ("sql_type", "good", "wrong"),
    [
        (
            "INTEGER",
            ["1", "-1", "+7", "0042", "3.0", "1e3", "2147483647"],
            ["1.5", "x", "", "2147483648", "0x1F", "1,5"],
        ),
        ("BIGINT", ["9007199254740993", "-9223372036854775808"], ["9223372036854775808", "0.25"]),
        ("DOUBLE", ["1.5", "-2", "1e-9", "nan"], ["x", "", "1.2.3"]),
        ("DECIMAL(4, 2)", ["1.25", "-99.99", "1.500", "7"], ["1.259", "100.00", "x"]),
        ("BOOLEAN", ["true", "false", "TRUE", "0", "1"], ["maybe", "2", ""]),
        ("DATE", ["2013-01-31", "2013-01-31 00:00:00"], ["2013-02-30", "2013-01-31 10:00:00", "31/01/2013"]),
        ("TIMESTAMP", ["2013-01-01T06:00:00Z", "2013-01-01 06:00:00.5"], ["2013-01-01T06:00:00+02", "6 o'clock"]),
        ("TIMESTAMPTZ", ["2013-01-01T06:00:00Z", "2013-01-01T06:00:00+02"], ["x", "2013-13-01"]),
        ("VARCHAR", ["", "x", "'"], []),
    ],
)
def test_a_value_is_loaded_only_if_nothing_of_it_is_lost(
    file: Path, tmp_path: Path, sql_type: str, good: list[str], wrong: list[str]
) -> None:
    columns = [Column("id", "INTEGER"), Column("value", sql_type)]

    def content(values: list[str]) -> CsvFile:
        lines = "".join(f'{i},"{value}"\n' for i, value in enumerate(values))
        return people(tmp_path, f"id,value\n{lines}")

    with open_duckdb(file) as warehouse:
        assert warehouse.load_csv(PEOPLE, content(good), columns) == len(good)
        for value in wrong:
            with pytest.raises(WrongValueError) as caught:
                warehouse.load_csv(PEOPLE, content([*good, value, *good]), columns)
            error = caught.value
            assert (error.record, error.column, error.value) == (len(good) + 1, "value", value)
            assert error.expected == sql_type
            assert warehouse.row_count(PEOPLE) == len(good)


def test_a_missing_value_names_its_record_and_leaves_the_earlier_table(file: Path, tmp_path: Path) -> None:
    columns = [Column("a", "INTEGER", nullable=False), Column("b", "VARCHAR")]
    with open_duckdb(file) as warehouse:
        warehouse.load_csv(PEOPLE, people(tmp_path, "a,b\n1,x\n2,y\n"), columns, "earlier")
        with pytest.raises(WrongValueError, match="record 2, column 'a': a value is missing"):
            warehouse.load_csv(PEOPLE, people(tmp_path, "a,b\n1,x\nNA,y\n"), columns)
        assert warehouse.row_count(PEOPLE) == 2
        assert warehouse.columns(PEOPLE) == tuple(columns)


def test_a_load_replaces_a_table_of_another_shape(file: Path, tmp_path: Path) -> None:
    with open_duckdb(file) as warehouse:
        warehouse.load_csv(PEOPLE, people(tmp_path, "a\n1\n"), [Column("a", "INTEGER")])
        warehouse.connection.execute(f"CREATE VIEW reader AS SELECT * FROM {PEOPLE}")
        warehouse.load_csv(PEOPLE, people(tmp_path, "a,b\n1,x\n"), [Column("b", "VARCHAR")])
        assert [c.name for c in warehouse.columns(PEOPLE)] == ["b"]


def test_views_over_parquet_are_replaced_together_or_not_at_all(file: Path, tmp_path: Path) -> None:
    with open_duckdb(file) as warehouse:
        for name, query in {"one": "SELECT 1 AS x", "two": "SELECT 'é' AS \"Y y\", 2.5 AS z"}.items():
            exported = warehouse.export_parquet(query, tmp_path / f"it's {name}.parquet")
            assert exported.rows == 1
        assert [c.name for c in exported.columns] == ["Y y", "z"]
        files = {name: str(tmp_path / f"it's {name}.parquet") for name in ("one", "two")}
        warehouse.replace_views("odd unit", files, "version 1")
        assert warehouse.connection.execute('SELECT x FROM "odd unit".one').fetchall() == [(1,)]
        with pytest.raises(WarehouseError), open_duckdb(file) as second:
            second.replace_views("odd unit", {"one": files["two"], "two": str(tmp_path / "absent.parquet")})
        assert warehouse.connection.execute('SELECT x FROM "odd unit".one').fetchall() == [(1,)]
        assert warehouse.row_count(Table("odd unit", "two")) == 1
        warehouse.replace_views("odd unit", {"two": files["two"]})
        names = warehouse.connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
        assert names == [("two",)]


def test_parquet_in_a_bucket_is_read_through_fsspec(s3_storage: ObjectStorage, file: Path, tmp_path: Path) -> None:
    with open_duckdb(file, storage=s3_storage) as warehouse:
        warehouse.export_parquet("SELECT range AS x FROM range(100000)", tmp_path / "x.parquet")
        s3_storage.put_file(tmp_path / "x.parquet", "published/x.parquet")
        warehouse.replace_views("fleet", {"x": s3_storage.url("published/x.parquet")})
    with open_duckdb(file, storage=s3_storage) as warehouse:
        assert warehouse.connection.execute("SELECT sum(x) FROM fleet.x").fetchone() == (4999950000,)
