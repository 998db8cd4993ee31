"""Where a catalogue is read from."""

from typing import Any, Protocol

# what the platform keeps for itself
PLATFORM_SCHEMA = "platform"


class Source(Protocol):
    """A database that answers queries; `schema.database.Database` is one."""

    @property
    def dbms(self) -> str:
        """`postgresql`, `duckdb` or `snowflake`."""

    @property
    def where(self) -> str:
        """Its URL for messages, without a password."""

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query that only reads."""
