import hashlib
import json
import multiprocessing
from functools import partial
from pathlib import Path

import pytest

from data_platform.errors import UsageError
from data_platform.warehouse import (
    Exported,
    Exporter,
    ObjectStorage,
    PublicationError,
    StorageError,
    Table,
    adopt,
    open_duckdb,
    publish,
    resolve,
)


def rows(tmp_path: Path, query: str) -> Exporter:
    """An exporter of a query's rows, by a DuckDB of its own."""

    def export(file: Path) -> Exported:
        with open_duckdb(tmp_path / "exporter.duckdb") as warehouse:
            return warehouse.export_parquet(query, file)

    return export


def test_a_publication_is_a_version_with_a_manifest_that_tells_the_truth(
    storage: ObjectStorage, tmp_path: Path
) -> None:
    planes = rows(tmp_path, "SELECT range AS id, 'x' AS name FROM range(10)")
    done = publish(storage, "fleet", {"planes": planes}, source_run="run-1")
    assert (done.written, done.unchanged, done.carried, done.warnings) == (("planes",), (), (), ())
    found = resolve(storage, "fleet")
    assert found.manifest == done.version.manifest
    dataset = found.manifest.datasets["planes"]
    assert dataset.path == f"published/fleet/{found.version}/planes.parquet"
    data = storage.read(dataset.path)
    assert (dataset.rows, dataset.size, dataset.sha256) == (10, len(data), hashlib.sha256(data).hexdigest())
    assert [(c.name, c.type) for c in dataset.columns] == [("id", "BIGINT"), ("name", "VARCHAR")]
    assert (dataset.source_run, dataset.version) == ("run-1", found.version)
    manifest = json.loads(storage.read(f"published/fleet/{found.version}/manifest.json"))
    assert manifest["datasets"]["planes"]["rows"] == 10
    assert json.loads(storage.read("published/fleet/current.json"))["version"] == found.version


def test_publishing_some_datasets_carries_the_others_over_by_reference(storage: ObjectStorage, tmp_path: Path) -> None:
    first = publish(storage, "fleet", {"a": rows(tmp_path, "SELECT 1 AS x"), "b": rows(tmp_path, "SELECT 2 AS x")})
    second = publish(storage, "fleet", {"b": rows(tmp_path, "SELECT 3 AS x")})
    assert (second.written, second.carried) == (("b",), ("a",))
    assert second.version.version > first.version.version
    assert second.version.manifest.previous == first.version.version
    assert second.version.manifest.datasets["a"] == first.version.manifest.datasets["a"]
    assert not storage.exists(f"published/fleet/{second.version.version}/a.parquet")
    third = publish(storage, "fleet", {"b": rows(tmp_path, "SELECT 4 AS x")}, public=["b"])
    assert sorted(third.version.manifest.datasets) == ["b"]


def test_a_dataset_that_did_not_change_is_not_stored_again(storage: ObjectStorage, tmp_path: Path) -> None:
    query = "SELECT range AS x, range % 7 AS y FROM range(300000)"
    first = publish(storage, "fleet", {"a": rows(tmp_path, query)})
    second = publish(storage, "fleet", {"a": rows(tmp_path, query)})
    assert (second.written, second.unchanged) == ((), ("a",))
    assert second.version.url("a") == first.version.url("a")
    assert second.version.version > first.version.version


def test_a_version_a_reader_resolved_stays_what_it_was(storage: ObjectStorage, tmp_path: Path) -> None:
    publish(storage, "fleet", {"a": rows(tmp_path, "SELECT 1 AS x")})
    pinned = resolve(storage, "fleet")
    publish(storage, "fleet", {"a": rows(tmp_path, "SELECT 2 AS x")})
    with open_duckdb(tmp_path / "operations.duckdb", storage=storage) as warehouse:
        adopt(warehouse, pinned)
        assert warehouse.connection.execute("SELECT x FROM fleet.a").fetchall() == [(1,)]
        adopt(warehouse, resolve(storage, "fleet"))
        assert warehouse.connection.execute("SELECT x FROM fleet.a").fetchall() == [(2,)]
        comment = warehouse.connection.execute("SELECT comment FROM duckdb_views() WHERE view_name = 'a'").fetchone()
    assert comment == (f"Version {resolve(storage, 'fleet').version}, published by fleet",)


def test_views_stay_after_the_file_is_closed_and_follow_what_the_consumer_reads(
    storage: ObjectStorage, tmp_path: Path
) -> None:
    publish(storage, "fleet", {name: rows(tmp_path, f"SELECT '{name}' AS x") for name in ("a", "select", "c")})
    version = resolve(storage, "fleet")
    with open_duckdb(tmp_path / "operations.duckdb", storage=storage) as warehouse:
        adopt(warehouse, version)
    with open_duckdb(tmp_path / "operations.duckdb", storage=storage, read_only=True) as warehouse:
        assert warehouse.connection.execute('SELECT x FROM fleet."select"').fetchall() == [("select",)]
    with open_duckdb(tmp_path / "operations.duckdb", storage=storage) as warehouse:
        with pytest.raises(PublicationError, match="publishes no 'absent'"):
            adopt(warehouse, version, ["a", "absent"])
        assert warehouse.row_count(Table("fleet", "c")) == 1
        adopt(warehouse, version, ["a"])
        assert [c.name for c in warehouse.columns(Table("fleet", "a"))] == ["x"]
        assert warehouse.columns(Table("fleet", "c")) == ()


def test_a_unit_that_published_nothing_is_named_with_what_to_do(storage: ObjectStorage) -> None:
    with pytest.raises(PublicationError) as caught:
        resolve(storage, "fleet")
    assert "unit 'fleet' has published nothing yet -> run `dp unit build fleet` first" in str(caught.value)


@pytest.mark.parametrize("damage", [b"", b"{}", b"[1", b'{"version": "20250101T000000000000Z-absent"}'])
def test_a_damaged_pointer_or_manifest_is_told_and_never_overwritten(
    storage: ObjectStorage, tmp_path: Path, damage: bytes
) -> None:
    publish(storage, "fleet", {"a": rows(tmp_path, "SELECT 1 AS x")})
    storage.write("published/fleet/current.json", damage)
    for call in (resolve, partial(publish, datasets={"a": rows(tmp_path, "SELECT 1 AS x")})):
        with pytest.raises(PublicationError, match="is damaged") as caught:
            call(storage, "fleet")
        assert "\n" not in str(caught.value)
        assert storage.read("published/fleet/current.json") == damage


def test_an_export_that_fails_publishes_nothing(storage: ObjectStorage, tmp_path: Path) -> None:
    publish(storage, "fleet", {"a": rows(tmp_path, "SELECT 1 AS x")})
    before = {path: storage.read(path) for path in storage.list()}
    with pytest.raises(Exception, match="absent"):
        publish(storage, "fleet", {"a": rows(tmp_path, "SELECT 2 AS x"), "b": rows(tmp_path, "SELECT * FROM absent")})
    assert {path: storage.read(path) for path in storage.list()} == before


def test_names_that_are_no_identifiers_are_wrong_use(storage: ObjectStorage, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no identifier"):
        publish(storage, "fleet", {"../a": rows(tmp_path, "SELECT 1 AS x")})
    with pytest.raises(UsageError, match="no dataset to publish"):
        publish(storage, "fleet", {})


def test_who_switches_second_keeps_what_the_first_published(storage: ObjectStorage, tmp_path: Path) -> None:
    """Another publisher comes in while the exports of the first run. moto does not prove S3's own atomicity."""

    def slow(file: Path) -> Exported:
        inner = publish(storage, "fleet", {"theirs": rows(tmp_path, "SELECT 1 AS x")})
        versions.append(inner.version.version)
        return rows(tmp_path, "SELECT 2 AS x")(file)

    versions: list[str] = []
    publish(storage, "fleet", {"old": rows(tmp_path, "SELECT 0 AS x")})
    outer = publish(storage, "fleet", {"ours": slow})
    assert sorted(outer.version.manifest.datasets) == ["old", "ours", "theirs"]
    assert outer.version.manifest.previous == versions[0]
    assert outer.version.version > versions[0]
    assert resolve(storage, "fleet").version == outer.version.version


def _publish_many(root: Path, name: str, times: int) -> None:
    storage = ObjectStorage(root / "storage")
    for number in range(times):
        publish(storage, "fleet", {name: rows(root / name, f"SELECT {number} AS n")})


def test_publishers_at_once_lose_nothing_and_versions_ascend(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    names, times = ["a", "b", "c"], 12
    processes = [context.Process(target=_publish_many, args=(tmp_path, name, times)) for name in names]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    storage = ObjectStorage(tmp_path / "storage")
    current = resolve(storage, "fleet")
    with open_duckdb(tmp_path / "reader.duckdb") as warehouse:
        adopt(warehouse, current)
        for name in names:
            assert warehouse.connection.execute(f"SELECT n FROM fleet.{name}").fetchall() == [(times - 1,)]
    chain = [current.manifest]
    while chain[-1].previous:
        data = storage.read(f"published/fleet/{chain[-1].previous}/manifest.json")
        chain.append(type(current.manifest).model_validate_json(data))
    assert len(chain) == len(names) * times
    versions = [manifest.version for manifest in chain]
    assert versions == sorted(versions, reverse=True)


def test_a_store_that_does_not_answer_is_one_clear_line(tmp_path: Path) -> None:
    options = {"endpoint_url": "http://127.0.0.1:1", "key": "x", "secret": "x"}
    silent = ObjectStorage("s3://bucket/x", {**options, "config_kwargs": {"retries": {"max_attempts": 0}}})
    with pytest.raises(StorageError) as caught:
        publish(silent, "fleet", {"a": rows(tmp_path, "SELECT 1 AS x")})
    assert "s3://bucket/x/published/fleet/current.json" in str(caught.value)
    assert "\n" not in str(caught.value)
