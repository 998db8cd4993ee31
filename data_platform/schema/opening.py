"""Opens what a target names: its changelog, read for its database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from data_platform.schema.address import read_address
from data_platform.schema.changelog import load_changelog
from data_platform.schema.changeset import Changelog
from data_platform.schema.connecting import connect
from data_platform.schema.database import Database
from data_platform.schema.expressions import Selection
from data_platform.schema.target import Target


@dataclass(frozen=True)
class Opened:
    """A target's changelog and an open connection to its database."""

    target: Target
    changelog: Changelog
    selection: Selection
    database: Database


def read_target(target: Target) -> tuple[Changelog, Selection]:
    """The target's changelog, and what it is read for.

    Raises:
        ChangelogError: something is wrong in it.
        UsageError: the database's URL is wrong.
    """
    selection = Selection(target.contexts, target.labels, read_address(target.database).kind)
    changelog = load_changelog(
        target.changelog, folders=target.search_path, properties=target.properties, selection=selection
    )
    return changelog, selection


@contextmanager
def opened(target: Target) -> Iterator[Opened]:
    """Read the changelog, then connect; the connection is closed at the end.

    Raises:
        ChangelogError: something is wrong in the changelog.
        UsageError: the database's URL is wrong.
        DatabaseError: the database cannot be reached.
    """
    changelog, selection = read_target(target)
    with connected(target) as database:
        yield Opened(target, changelog, selection, database)


@contextmanager
def connected(target: Target) -> Iterator[Database]:
    """Connect to the target's database; the connection is closed at the end."""
    database = connect(target.database, target.names)
    try:
        yield database
    finally:
        database.close()
