import random
import re
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from data_platform.ingest import land, load
from data_platform.warehouse import Column, ObjectStorage, Table, open_duckdb
from tests.warehouse.killing import Killer

KILLS = 24
ROWS = {1: 60_000, 2: 40_000}
COLUMNS = [Column("n", "INTEGER", nullable=False), Column("x", "DOUBLE"), Column("text", "VARCHAR")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two files; every row holds its file's number."""
    for number, rows in ROWS.items():
        lines = (f'{number},{row}.5,"row ""{row}"""\n' for row in range(rows))
        (tmp_path / f"{number}.csv").write_text("n,x,text\n" + "".join(lines))
    return tmp_path


def load_files(sender: Connection, folder: Path, table: str, first: int, files: list[int]) -> None:
    """Load files one after another; each load leaves its number in the table's comment."""
    storage = ObjectStorage(folder / "storage")
    for number, file in enumerate(files, start=first):
        landed = land(str(folder / f"{file}.csv"), storage, "unit", table)
        with open_duckdb(folder / "unit.duckdb") as warehouse:
            load(landed, COLUMNS, warehouse, Table("raw", table), description=f"load {number} of file {file}")
        sender.send(number)


def last_load(folder: Path, table: str) -> int:
    """The number of the load the table is from, when it holds all of that file and nothing else."""
    with open_duckdb(folder / "unit.duckdb") as warehouse:
        found = warehouse.connection.execute(f"SELECT n, count(*), sum(x) FROM raw.{table} GROUP BY n").fetchall()
        comment = warehouse.connection.execute(
            "SELECT comment FROM duckdb_tables() WHERE table_name = ?", [table]
        ).fetchone()
    assert len(found) == 1
    file, count, total = found[0]
    assert count == ROWS[file]
    assert total == sum(row + 0.5 for row in range(count))
    assert comment
    said = re.fullmatch(r"load (\d+) of file (\d+)", comment[0])
    assert said
    assert int(said[2]) == file
    return int(said[1])


def test_processes_that_load_into_one_file_at_once_all_succeed(folder: Path) -> None:
    killer = Killer(__name__)
    works = [("a", 0, [1, 2, 1, 2]), ("b", 10, [2] * 4), ("a", 20, [2] * 4)]
    started = [killer.start(load_files, folder, *work) for work in works]
    for _, process in started:
        process.join(100)
        assert process.exitcode == 0
    assert last_load(folder, "a") in (3, 23)
    assert last_load(folder, "b") == 13


def test_a_load_killed_at_any_point_leaves_a_whole_table(folder: Path) -> None:
    killer = Killer(__name__)
    seconds = killer.run(load_files, folder, "a", 1, [1])
    chance = random.Random(5)  # noqa: S311 (no secret)
    last, finished, interrupted = 1, 0, 0
    for _ in range(KILLS):
        after = chance.uniform(0, 1.5 * seconds)
        done = killer.kill(load_files, folder, "a", last + 1, [2, 1] * 100, after=after)
        finished += len(done)
        last = done[-1] if done else last
        now = last_load(folder, "a")
        # the last finished load stands; or the one after it, when only its message was lost
        assert now in (last, last + 1)
        interrupted += now == last
        last = now
    assert interrupted > 0
    assert finished > 0
