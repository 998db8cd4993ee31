import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data_platform.warehouse import Exported, ObjectStorage, open_duckdb, publish, resolve

STAMP = "%Y%m%dT%H%M%S%fZ"


@pytest.fixture
def fleet(storage: ObjectStorage, tmp_path: Path) -> "Fleet":
    return Fleet(storage, tmp_path)


class Fleet:
    """A unit that publishes, and whose publications can be made older than they are."""

    def __init__(self, storage: ObjectStorage, folder: Path) -> None:
        self.storage, self.folder, self.count = storage, folder, 0

    def publish(self, *names: str, keep: int = 2) -> str:
        self.count += 1

        def export(file: Path) -> Exported:
            with open_duckdb(self.folder / "exporter.duckdb") as warehouse:
                return warehouse.export_parquet(f"SELECT {self.count} AS x", file)

        done = publish(self.storage, "fleet", dict.fromkeys(names, export), keep_versions=keep)
        assert done.warnings == ()
        return done.version.manifest.datasets[names[0]].path

    def grow_older(self, by: timedelta) -> None:
        """Rewrite everything published as if it had happened earlier."""

        def stamps(text: str) -> str:
            return re.sub(r"\d{8}T\d{12}Z", lambda m: (datetime.strptime(m[0], STAMP) - by).strftime(STAMP), text)

        def times(found: Any) -> Any:
            if isinstance(found, dict):
                return {
                    key: (datetime.fromisoformat(value) - by).isoformat() if key == "created" else times(value)
                    for key, value in found.items()
                }
            return found

        for path in self.storage.list("published"):
            data = self.storage.read(path)
            if path.endswith(".json"):
                data = stamps(json.dumps(times(json.loads(data)))).encode()
            if stamps(path) != path:
                self.storage.delete(path)
            self.storage.write(stamps(path), data)

    def whole(self) -> Iterator[str]:
        manifest = resolve(self.storage, "fleet").manifest
        for name, dataset in manifest.datasets.items():
            assert self.storage.exists(dataset.path)
            yield name

    def versions(self) -> int:
        return sum(path.endswith("manifest.json") for path in self.storage.list("published"))


def test_everything_younger_than_a_day_is_kept(fleet: Fleet) -> None:
    for _ in range(5):
        fleet.publish("a", keep=1)
    assert fleet.versions() == 5
    fleet.grow_older(timedelta(hours=23))
    fleet.publish("a", keep=1)
    assert fleet.versions() == 6


def test_of_older_versions_the_last_ones_are_kept(fleet: Fleet) -> None:
    for _ in range(5):
        fleet.publish("a")
    fleet.grow_older(timedelta(days=2))
    fleet.publish("a", keep=3)
    assert fleet.versions() == 3
    assert sum(path.endswith(".parquet") for path in fleet.storage.list("published")) == 3


def test_a_version_that_was_current_within_the_last_day_is_kept_however_old_it_is(fleet: Fleet) -> None:
    for _ in range(3):
        fleet.publish("a")
    fleet.grow_older(timedelta(days=30))
    for _ in range(3):
        fleet.publish("a", keep=1)
    # of the three old ones only the last was read until a moment ago
    assert fleet.versions() == 4


def test_a_file_that_a_kept_version_refers_to_is_kept(fleet: Fleet) -> None:
    old = fleet.publish("carried", "changing")
    for _ in range(4):
        fleet.publish("changing")
    fleet.grow_older(timedelta(days=2))
    fleet.publish("changing", keep=1)
    folder = old.split("/")[2].partition("-")[2]  # its time is another now
    assert [Path(path).name for path in fleet.storage.list("published") if folder in path] == ["carried.parquet"]
    assert list(fleet.whole()) == ["carried", "changing"]


def test_what_a_killed_publisher_left_goes_after_a_day(fleet: Fleet) -> None:
    fleet.publish("a")
    orphan = "published/fleet/20200101T000000000000Z-0badcafe/a.parquet"
    fleet.storage.write(orphan, b"half")
    fleet.storage.write("published/fleet/notes.txt", b"somebody's")
    fleet.publish("a")
    assert not fleet.storage.exists(orphan)
    assert fleet.storage.exists("published/fleet/notes.txt")
    assert list(fleet.whole()) == ["a"]


def test_a_broken_old_version_is_a_warning_after_a_publication_that_succeeded(fleet: Fleet, tmp_path: Path) -> None:
    fleet.publish("a")
    before = resolve(fleet.storage, "fleet").version
    fleet.publish("a")
    fleet.grow_older(timedelta(days=2))
    path = next(path for path in fleet.storage.list("published") if before[-8:] in path and path.endswith(".json"))
    fleet.storage.write(path, b"{")

    def export(file: Path) -> Exported:
        with open_duckdb(tmp_path / "exporter.duckdb") as warehouse:
            return warehouse.export_parquet("SELECT 'new' AS x", file)

    done = publish(fleet.storage, "fleet", {"a": export}, keep_versions=5)
    assert len(done.warnings) == 1
    assert "could not be removed" in done.warnings[0]
    assert resolve(fleet.storage, "fleet").version == done.version.version
