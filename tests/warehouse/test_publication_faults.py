import hashlib
import random
import subprocess
import sys
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from data_platform.warehouse import ObjectStorage, open_duckdb, publish, resolve
from tests.warehouse.killing import Killer

KILLS = 32

READER = """
import hashlib, sys
from pathlib import Path
import duckdb
from data_platform.warehouse import ObjectStorage, resolve
root = Path(sys.argv[1])
storage = ObjectStorage(root / "storage")
reads, last, seen = 0, "", set()
connection = duckdb.connect()
print("reading", flush=True)
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


def publish_versions(sender: Connection, root: Path, first: int, times: int) -> None:
    """Publish versions that hold one number in both datasets, so that half a version shows."""
    storage = ObjectStorage(root / "storage")
    with open_duckdb(root / "publisher.duckdb") as warehouse:
        for number in range(first, first + times):
            export = partial(warehouse.export_parquet, f"SELECT {number} AS n, range AS x FROM range(20000)")
            publish(storage, "fleet", {"a": export, "b": export})
            sender.send(number)


def unfinished(storage: ObjectStorage) -> set[str]:
    """Versions with files and no manifest."""
    files = {path.split("/")[2] for path in storage.list("published/fleet") if path.endswith(".parquet")}
    return {version for version in files if not storage.exists(f"published/fleet/{version}/manifest.json")}


def test_a_publisher_killed_at_any_point_never_shows_half_a_version(tmp_path: Path) -> None:
    storage = ObjectStorage(tmp_path / "storage")
    killer = Killer(__name__)
    seconds = killer.run(publish_versions, tmp_path, 0, 3)
    reader = subprocess.Popen([sys.executable, "-c", READER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert reader.stdout
    assert reader.stdout.readline() == "reading\n"
    chance = random.Random(20)  # noqa: S311 (no secret)
    kills, finished = 0, 0
    # on, if need be, until one hit between a version's files and its manifest
    while kills < KILLS or (kills < 5 * KILLS and not (unfinished(storage) and finished)):
        kills += 1
        # on a machine that got busier a publisher needs longer to finish anything
        after = chance.uniform(0, seconds * (1 + kills / KILLS))
        finished += len(killer.kill(publish_versions, tmp_path, kills * 1000, 1000, after=after))
        version = resolve(storage, "fleet")
        for dataset in version.manifest.datasets.values():
            assert hashlib.sha256(storage.read(dataset.path)).hexdigest() == dataset.sha256
    (tmp_path / "stop").touch()
    output, _ = reader.communicate(timeout=60)
    assert reader.returncode == 0
    reads, seen = map(int, output.split())
    # the kills hit publishers at work, and the reader saw their versions
    assert reads > 0
    assert finished > 0
    assert seen > 1
    assert unfinished(storage)
