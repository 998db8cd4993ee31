"""What goes wrong with changelogs, schema deploys and alignment."""

from typing import TYPE_CHECKING

from data_platform.errors import DataPlatformError

if TYPE_CHECKING:
    from data_platform.schema.statements import Statement


class SchemaError(DataPlatformError):
    """Base of the room's errors: a deploy, a rollback, a lock or a database did not do what was asked."""


class ChangelogError(SchemaError):
    """A changelog file is wrong, or says what is not supported; nothing has been changed."""


class ValidationError(SchemaError):
    """The changelog and the database contradict each other (an edited changeset, a duplicate); nothing has run."""


class LockError(SchemaError):
    """Somebody else holds the database's changelog lock, and did not let go in time."""


class DatabaseError(SchemaError):
    """The database refused something, or cannot be reached.

    Args (beside the base's):
        what: the database's own first line, without values of the connection.
    """


class StatementError(DatabaseError):
    """A statement of a changeset failed.

    Args (beside the base's):
        statement: which one.
        position: 0-based character in its text where the database met what it did not like; None when not told.
    """

    def __init__(self, what: str, statement: "Statement", position: int | None = None) -> None:
        super().__init__(what, line=None)
        self.statement = statement
        self.position = position


class ChangesetError(SchemaError):
    """A changeset could not be run; what ran before it stays."""
