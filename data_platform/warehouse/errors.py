"""What goes wrong between the platform and its warehouse or object storage."""

from data_platform.errors import DataPlatformError


class WarehouseError(DataPlatformError):
    """Base of the room's errors: a warehouse file, a query or a load failed."""


class StorageError(WarehouseError):
    """The object storage could not be read or written."""


class PublicationError(WarehouseError):
    """Published data is missing or damaged, or could not be published."""


class WrongValueError(WarehouseError):
    """A value of a CSV file does not have its column's declared type, or is missing where it may not be.

    Args:
        record: number of the data record, 1-based, header and blank lines not counted.
        column: name of the declared column.
        value: the text in the file, or None where a null marker or nothing stands.
        expected: the declared type.
    """

    def __init__(self, record: int, column: str, value: str | None, expected: str) -> None:
        self.record, self.column, self.value, self.expected = record, column, value, expected
        super().__init__(f"record {record}, {self.reason}", anchor="wrong-value")

    @property
    def reason(self) -> str:
        """What is wrong with the value, without its place."""
        if self.value is None:
            return f"column {self.column!r}: a value is missing, and the column may not be null"
        shown = self.value if len(self.value) <= 80 else self.value[:77] + "..."
        return f"column {self.column!r}: {shown!r} is not a valid {self.expected}"
