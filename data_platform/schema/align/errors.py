"""What goes wrong when a database is aligned."""

from data_platform.schema.errors import SchemaError


class AlignError(SchemaError):
    """The files and the database contradict each other, or a step lacks consent; nothing has been changed."""
