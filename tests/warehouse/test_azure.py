"""The platform's requests to Azure, seen by a stub of our own. No Azure store was asked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from data_platform.warehouse import Exported, ObjectStorage, adopt, open_duckdb, publish, resolve
from tests.warehouse.azure_stub import azure_stub


@pytest.fixture
def azure_storage() -> Iterator[ObjectStorage]:
    with azure_stub() as options:
        yield ObjectStorage("abfs://container/platform", options)


def test_objects_are_written_read_listed_and_deleted(azure_storage: ObjectStorage) -> None:
    azure_storage.write("a/one", b"1")
    azure_storage.write("a/one", b"2")
    assert azure_storage.read("a/one") == b"2"
    assert azure_storage.exists("a/one")
    assert azure_storage.list("a") == ["a/one"]
    azure_storage.delete("a/one")
    assert not azure_storage.exists("a/one")
    with pytest.raises(FileNotFoundError):
        azure_storage.read_with_tag("a/one")


def test_a_replacement_is_a_conditional_request(azure_storage: ObjectStorage) -> None:
    assert azure_storage.replace_if_unchanged("pointer", b"1", None)
    assert not azure_storage.replace_if_unchanged("pointer", b"lost", None)
    data, tag = azure_storage.read_with_tag("pointer")
    assert data == b"1"
    assert azure_storage.replace_if_unchanged("pointer", b"2", tag)
    assert not azure_storage.replace_if_unchanged("pointer", b"lost", tag)
    assert not azure_storage.replace_if_unchanged("never-there", b"lost", tag)
    assert azure_storage.read("pointer") == b"2"


def test_a_publication_is_read_by_its_consumer(azure_storage: ObjectStorage, tmp_path: Path) -> None:
    def export(file: Path) -> Exported:
        with open_duckdb(tmp_path / "exporter.duckdb") as warehouse:
            return warehouse.export_parquet("SELECT 1 AS x", file)

    publish(azure_storage, "fleet", {"a": export})
    second = publish(azure_storage, "fleet", {"b": export})
    assert resolve(azure_storage, "fleet").version == second.version.version
    assert sorted(second.version.manifest.datasets) == ["a", "b"]
    with open_duckdb(tmp_path / "operations.duckdb", storage=azure_storage) as warehouse:
        adopt(warehouse, resolve(azure_storage, "fleet"))
        assert warehouse.connection.execute("SELECT a.x, b.x FROM fleet.a, fleet.b").fetchall() == [(1, 1)]
