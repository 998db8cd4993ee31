import hashlib
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data_platform.warehouse import ObjectStorage, resolve

KILLS = 36

# every version holds the same number in both datasets, so that half a version shows
PUBLISHER = """
import sys
from functools import partial
from pathlib import Path
from data_platform.warehouse import ObjectStorage, open_duckdb, publish
root, first = Path(sys.argv[1]), int(sys.argv[2])
storage = ObjectStorage(root / "storage")
with open_duckdb(root / "publisher.duckdb") as warehouse:
    print("ready", flush=True)
    for number in range(first, first + 1000):
        export = partial(warehouse.export_parquet, f"SELECT {number} AS n, range AS x FROM range(20000)")
        publish(storage, "fleet", {"a": export, "b": export})
        print(number, flush=True)
"""

READER = """
import hashlib, sys
from pathlib import Path
import duckdb
from data_platform.warehouse import ObjectStorage, resolve
root = Path(sys.argv[1])
storage = ObjectStorage(root / "storage")
reads, last, seen = 0, "", set()
connection = duckdb.connect()
while not (root / "stop").exists():
    version = resolve(storage, "fleet")
    assert version.version >= last, "the pointer went back"
    last = version.version
    numbers = set()
    for name, dataset in version.manifest.datasets.items():
        assert hashlib.sha256(storage.read(dataset.path)).hexdigest() == dataset.sha256, dataset.path
        rows = connection.execute(f"SELECT DISTINCT n FROM read_parquet('{version.url(name)}')").fetchall()
        numbers |= {number for (number,) in rows}
    assert len(version.manifest.datasets) == 2
    assert len(numbers) == 1, f"half a version: {numbers}"
    reads += 1
    seen |= numbers
print(reads, len(seen))
"""


def publisher(root: Path, first: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PUBLISHER, str(root), str(first)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.timeout(180)
def test_a_publisher_killed_at_any_point_never_shows_half_a_version(tmp_path: Path) -> None:
    storage = ObjectStorage(tmp_path / "storage")
    with publisher(tmp_path, 0) as process:
        assert process.stdout
        process.stdout.readline()
        process.kill()
    reader = subprocess.Popen([sys.executable, "-c", READER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    chance = random.Random(20)  # noqa: S311
    completed = 0
    for number in range(1, KILLS + 1):
        with publisher(tmp_path, number * 1000) as process:
            time.sleep(chance.uniform(0, 0.12))
            process.kill()
            assert process.stdout
            completed += len(process.stdout.read().splitlines())
        version = resolve(storage, "fleet")
        for dataset in version.manifest.datasets.values():
            assert hashlib.sha256(storage.read(dataset.path)).hexdigest() == dataset.sha256
    (tmp_path / "stop").touch()
    output, _ = reader.communicate(timeout=30)
    assert reader.returncode == 0
    reads, seen = map(int, output.split())
    # the kills hit publishers at work, and the reader saw their versions
    assert reads > KILLS
    assert completed > KILLS / 2
    assert seen > KILLS / 4
