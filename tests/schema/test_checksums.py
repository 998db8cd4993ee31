"""Checksums against those that the real Liquibase wrote (see golden/README.md)."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_platform.schema.changelog import load_changelog
from data_platform.schema.changes import Sql
from data_platform.schema.changeset import Changeset
from data_platform.schema.checksum import checksum_9, content_hash
from tests.schema.changelogs import changesets

GOLDEN = Path(__file__).parent / "golden" / "checksums"


@pytest.fixture(scope="module")
def by_key() -> dict[tuple[str, str, str], Changeset]:
    found = load_changelog(GOLDEN / "root.xml", folders=[GOLDEN]).changesets
    return {(each.identity.file, each.identity.id, each.identity.author): each for each in found}


def rows(file: str) -> list[dict[str, str]]:
    with (GOLDEN / file).open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("version", ["4.28.0", "5.0.4"])
def test_every_changeset_has_the_checksum_that_liquibase_wrote(
    version: str, by_key: dict[tuple[str, str, str], Changeset]
) -> None:
    recorded = rows(f"golden_v9_{version}.csv")
    assert len(recorded) == len(by_key)
    for row in recorded:
        changeset = next(
            each
            for each in by_key.values()
            if (each.identity.id, each.identity.author) == (row["id"], row["author"])
            and row["file"] in (each.identity.file, each.other_file)
        )
        assert changeset.checksum == row["md5sum"], row
        assert changeset.description == row["description"]
        assert changeset.comment == row["comments"]
        assert (changeset.contexts or "\\N") == row["contexts"]
        assert (",".join(changeset.labels) or "\\N") == row["labels"]


@pytest.mark.parametrize("version", ["4.28.0", "4.4.0"])
def test_checksums_of_version_8_are_those_of_old_liquibases_too(
    version: str, by_key: dict[tuple[str, str, str], Changeset]
) -> None:
    recorded = rows(f"golden_v8_{version}.csv")
    assert len(recorded) > 35
    for row in recorded:
        assert row["md5sum"] in by_key[row["file"], row["id"], row["author"]].checksums(8), row


def test_blanks_inside_a_literal_change_the_content_hash_though_not_the_checksum(tmp_path: Path) -> None:
    one, other = changesets(tmp_path, "--changeset a:1\nselect 'a b'\n--changeset a:2\nselect 'ab'\n")
    assert one.checksum == other.checksum
    assert one.content_hash != other.content_hash


@given(st.text(), st.text(alphabet=" \n\r\t", max_size=5), st.integers(min_value=0))
def test_white_space_never_changes_the_checksum(text: str, blanks: str, place: int) -> None:
    at = place % (len(text) + 1)
    spaced = text[:at] + blanks + text[at:]
    assert checksum_9([Sql(text)]) == checksum_9([Sql(spaced)])
    assert (content_hash([Sql(text)]) == content_hash([Sql(spaced)])) == (text == spaced)
