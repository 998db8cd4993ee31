"""Changelogs for the tests of this room."""

from pathlib import Path

from data_platform.schema.changelog import load_changelog
from data_platform.schema.changes import Sql
from data_platform.schema.changeset import Changeset

HEADER = "--liquibase formatted sql\n"


def written(folder: Path, text: str, name: str = "v.sql") -> Path:
    """A file of formatted SQL whose header is already there."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((HEADER + text).encode())
    return path


def changesets(folder: Path, text: str, **given: object) -> list[Changeset]:
    """The changesets of formatted SQL."""
    path = written(folder, text)
    return list(load_changelog(path, folders=[folder], **given).changesets)  # type: ignore[arg-type]


def sql_of(changeset: Changeset) -> str:
    """The text of a changeset's only change."""
    (change,) = changeset.changes
    assert isinstance(change, Sql)
    return change.text
