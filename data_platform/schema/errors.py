"""What goes wrong with changelogs, schema deploys and alignment."""

from data_platform.errors import DataPlatformError


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
