import multiprocessing
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from data_platform.errors import UsageError
from data_platform.warehouse import ObjectStorage, StorageError


def test_what_was_written_is_read_listed_and_deleted(storage: ObjectStorage) -> None:
    storage.write("landing/fleet/a.json", b"one")
    storage.write("landing/fleet/a.json", b"two")
    storage.write("landing/other.json", b"")
    assert storage.read("landing/fleet/a.json") == b"two"
    assert storage.exists("landing/fleet/a.json")
    assert not storage.exists("landing/fleet")
    assert storage.list("landing") == ["landing/fleet/a.json", "landing/other.json"]
    assert storage.list("landing/fleet") == ["landing/fleet/a.json"]
    assert storage.list("nothing/here") == []
    storage.delete("landing/fleet/a.json")
    storage.delete("landing/fleet/a.json")
    assert not storage.exists("landing/fleet/a.json")
    assert storage.list() == ["landing/other.json"]


def test_a_file_is_put_byte_for_byte_and_comes_back_as_a_local_copy(storage: ObjectStorage, tmp_path: Path) -> None:
    source = tmp_path / "source.bin"
    source.write_bytes(bytes(range(256)) * 5000)
    storage.put_file(source, "a/b/c.bin")
    assert source.exists()
    with storage.local_copy("a/b/c.bin") as copy:
        assert copy.read_bytes() == source.read_bytes()
    assert storage.read("a/b/c.bin") == source.read_bytes()


def test_a_staged_file_is_moved_in_and_the_staging_folder_goes(storage: ObjectStorage) -> None:
    with storage.staging() as folder:
        (folder / "x").write_bytes(b"staged")
        storage.put_file(folder / "x", "x", move=True)
    assert not folder.exists()
    assert storage.read("x") == b"staged"
    assert storage.list() == ["x"]


def test_an_absent_object_is_a_file_not_found(storage: ObjectStorage) -> None:
    with pytest.raises(FileNotFoundError):
        storage.read("absent")
    with pytest.raises(FileNotFoundError):
        storage.read_with_tag("absent")
    with pytest.raises(FileNotFoundError), storage.local_copy("absent"):
        pass


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd", "a//b", "./a", "a\\..\\b", "a/", "a\0b"])
def test_no_path_leads_out_of_the_root(storage: ObjectStorage, path: str) -> None:
    calls = [storage.read, storage.exists, storage.list, storage.delete, storage.url]
    for call in calls:
        with pytest.raises(UsageError, match="inside the object storage"):
            call(path)
    with pytest.raises(UsageError):
        storage.write(path, b"")


def test_a_replacement_needs_the_tag_of_what_is_there(storage: ObjectStorage) -> None:
    assert storage.replace_if_unchanged("pointer", b"1", None)
    assert not storage.replace_if_unchanged("pointer", b"lost", None)
    data, tag = storage.read_with_tag("pointer")
    assert data == b"1"
    assert storage.replace_if_unchanged("pointer", b"2", tag)
    assert not storage.replace_if_unchanged("pointer", b"lost", tag)
    assert storage.read("pointer") == b"2"
    assert not storage.replace_if_unchanged("never-there", b"lost", tag)


def _count_up(root: Path, times: int) -> None:
    storage = ObjectStorage(root)
    for _ in range(times):
        while True:
            data, tag = storage.read_with_tag("counter")
            if storage.replace_if_unchanged("counter", str(int(data) + 1).encode(), tag):
                break


def test_no_update_is_lost_among_processes_on_one_folder(tmp_path: Path) -> None:
    ObjectStorage(tmp_path).write("counter", b"0")
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_count_up, args=(tmp_path, 50)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert ObjectStorage(tmp_path).read("counter") == b"200"


def test_a_killed_writer_leaves_the_earlier_object_whole(tmp_path: Path) -> None:
    writer = textwrap.dedent(
        """
        import sys
        from data_platform.warehouse import ObjectStorage
        storage = ObjectStorage(sys.argv[1])
        print("ready", flush=True)
        for number in range(10**9):
            storage.write("object", bytes([number % 256]) * 1_000_000)
        """
    )
    storage = ObjectStorage(tmp_path)
    for pause in range(5):
        process = subprocess.Popen([sys.executable, "-c", writer, str(tmp_path)], stdout=subprocess.PIPE)
        assert process.stdout
        process.stdout.readline()
        while not storage.exists("object"):
            pass
        for _ in range(pause * 7):
            assert len(set(storage.read("object"))) == 1
        process.kill()
        process.wait()
        data = storage.read("object")
        assert len(data) == 1_000_000
        assert len(set(data)) == 1
        assert storage.list() == ["object"]


def test_options_come_from_the_environment_and_are_never_shown(
    s3_options: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    monkeypatch.setenv("DATA_PLATFORM_STORAGE_OPTIONS", json.dumps(s3_options))
    storage = ObjectStorage("s3://no-such-bucket/x")
    with pytest.raises(StorageError) as caught:
        storage.write("a", b"")
    shown = repr(storage) + str(caught.value)
    assert "s3://no-such-bucket/x" in shown
    assert s3_options["secret"] not in shown
    monkeypatch.setenv("DATA_PLATFORM_STORAGE_OPTIONS", "{secret")
    with pytest.raises(UsageError, match="is not a JSON object") as wrong:
        ObjectStorage("s3://bucket")
    assert "{secret" not in str(wrong.value)


def test_an_unknown_kind_of_storage_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="ftp:// is not supported"):
        ObjectStorage("ftp://host/folder")
    with pytest.raises(UsageError, match="names no bucket"):
        ObjectStorage("s3://")


def test_azure_is_opened_by_configuration_only() -> None:
    """Only that the URL and options reach adlfs; no Azure store was asked."""
    storage = ObjectStorage("abfs://container/prefix", {"account_name": "account", "anon": True})
    assert storage.url("a/b") == "abfs://container/prefix/a/b"


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="could not be written") as caught:
        ObjectStorage(tmp_path / "file").write("a", b"")
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "file" / "a") in str(caught.value)
