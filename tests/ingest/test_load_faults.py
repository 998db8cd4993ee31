import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data_platform.warehouse import open_duckdb

KILLS = 24
ROWS = {1: 60_000, 2: 40_000}

# loads the files in turn; every row of a file holds the file's number
LOADER = """
import itertools, sys
from pathlib import Path
from data_platform.ingest import land, load
from data_platform.warehouse import Column, ObjectStorage, Table, open_duckdb
root, table, files, times = Path(sys.argv[1]), sys.argv[2], sys.argv[3].split(","), int(sys.argv[4])
columns = [Column("n", "INTEGER", nullable=False), Column("x", "DOUBLE"), Column("text", "VARCHAR")]
storage = ObjectStorage(root / "storage")
print("ready", flush=True)
for number in itertools.islice(itertools.cycle(files), times):
    landed = land(str(root / f"{number}.csv"), storage, "unit", table)
    with open_duckdb(root / "unit.duckdb") as warehouse:
        load(landed, columns, warehouse, Table("raw", table), description=f"file {number}")
    print(number, flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, rows in ROWS.items():
        lines = (f'{number},{row}.5,"row ""{row}"""\n' for row in range(rows))
        (tmp_path / f"{number}.csv").write_text("n,x,text\n" + "".join(lines))
    return tmp_path


def loader(folder: Path, table: str, files: str, times: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", LOADER, str(folder), table, files, str(times)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def loaded_file(folder: Path, table: str) -> int:
    """The number of the file the table holds; all of it, and nothing else."""
    with open_duckdb(folder / "unit.duckdb") as warehouse:
        found = warehouse.connection.execute(f"SELECT n, count(*), sum(x) FROM raw.{table} GROUP BY n").fetchall()
        comment = warehouse.connection.execute(
            "SELECT comment FROM duckdb_tables() WHERE table_name = ?", [table]
        ).fetchone()
    assert len(found) == 1
    number, count, total = found[0]
    assert count == ROWS[number]
    assert total == sum(row + 0.5 for row in range(count))
    assert comment == (f"file {number}",)
    return int(number)


def test_processes_that_load_into_one_file_at_once_all_succeed(folder: Path) -> None:
    processes = [loader(folder, "a", "1,2", 4), loader(folder, "b", "2", 4), loader(folder, "a", "2", 4)]
    for process in processes:
        output, _ = process.communicate(timeout=100)
        assert process.returncode == 0
        assert len(output.splitlines()) == 4
    assert loaded_file(folder, "b") == 2
    assert loaded_file(folder, "a") == 2


@pytest.mark.timeout(180)
def test_a_load_killed_at_any_point_leaves_a_whole_table(folder: Path) -> None:
    with loader(folder, "a", "1", 1) as process:
        begin = time.monotonic()
        process.wait()
        one_load = time.monotonic() - begin
    chance = random.Random(5)  # noqa: S311
    expected, finished, interrupted = 1, 0, 0
    for _ in range(KILLS):
        files = "2,1" if expected == 1 else "1,2"
        with loader(folder, "a", files, 1000) as process:
            time.sleep(chance.uniform(0, 1.5 * one_load))
            process.kill()
            assert process.stdout
            done = [int(line) for line in process.stdout.read().splitlines()]
        finished += len(done)
        if done:
            expected = done[-1]
        now = loaded_file(folder, "a")
        # the last finished load stands; or the next one, when only its message was lost
        assert now in (expected, 3 - expected)
        interrupted += now == expected
        expected = now
    assert interrupted > KILLS / 2
    assert finished > 0
