"""What alignment needs of a database system; one module each for PostgreSQL, DuckDB and Snowflake."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from data_platform.schema.address import read_address
from data_platform.schema.align.actual import Actual
from data_platform.schema.align.changes import Change
from data_platform.schema.align.desired import Desired
from data_platform.schema.align.dialect import Dialect
from data_platform.schema.align.plan import Step
from data_platform.schema.align.scope import Scope

Tell = Callable[[str], None]


class Engine(Protocol):
    """An open connection to a database that is aligned."""

    @property
    def dialect(self) -> Dialect:
        """What there is in this database."""

    @property
    def where(self) -> str:
        """Its URL for messages, without a password."""

    @property
    def name(self) -> str:
        """Which database it is."""

    def locked(self, wait_seconds: float, tell: Tell) -> AbstractContextManager[None]:
        """Keep other alignments of the database out. The lock ends with this process, however that ends.

        Raises:
            LockError: somebody else still holds it.
        """

    def transaction(self, *, keep: bool) -> AbstractContextManager[None]:
        """Everything inside stays or nothing, where the database can do that; without `keep` nothing stays."""

    def read(self, scope: Scope) -> Actual:
        """Read live state; nothing is written."""

    def with_views(self, desired: Desired, actual: Actual) -> Desired:
        """The desired state with the SQL of views as the database itself would tell it, to compare it with what is.

        Call it in a transaction that is not kept.

        Raises:
            UsageError: the database refuses a view's SQL; with its place.
        """

    def sql(self, change: Change) -> Sequence[str]:
        """The statements of a change."""

    def bookkeeping(self, change: Change, alignment: str) -> Sequence[str]:
        """The statements that record a change."""

    def make_registry(self) -> None:
        """Make the table that bookkeeping writes to, where it is missing."""

    def run(self, step: Step, *, alone: bool = False) -> None:
        """Run a step's statements and its bookkeeping.

        Args:
            alone: it is outside of any transaction.

        Raises:
            DatabaseError: a statement failed.
        """

    def close(self) -> None:
        """Let go of the database."""


def open_engine(url: str, *, writing: bool) -> Engine:
    """Connect to a database.

    Args:
        url: `postgresql://user@host/database`, `duckdb:///file`, or `snowflake://user@account/database`.
        writing: whether something is to be applied (a DuckDB file is then opened for this process alone).

    Raises:
        UsageError: the URL is wrong.
        DatabaseError: the database cannot be reached.
    """
    address = read_address(url)
    if address.kind == "postgresql":
        from data_platform.schema.align.postgres import PostgresEngine

        return PostgresEngine(address)
    if address.kind == "duckdb":
        from data_platform.schema.align.duckdb import DuckDBEngine

        return DuckDBEngine(address, writing=writing)
    from data_platform.schema.align.snowflake import SnowflakeEngine
    from data_platform.schema.snowflake_session import SnowflakeSession

    return SnowflakeEngine(SnowflakeSession(address))
