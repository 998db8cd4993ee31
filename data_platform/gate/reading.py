"""What is held, and which runs are in flight or wait, as the database tells it."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import exc, text
from sqlalchemy.engine import Connection

from data_platform.gate import exemptions, rows, runs
from data_platform.gate.errors import GateError, HoldLostError
from data_platform.gate.hold import Hold, Scope, kept
from data_platform.gate.rows import Moment
from data_platform.gate.tables import ensure_tables
from data_platform.instance.connections import Database

T = TypeVar("T")


class HoldReader:
    """The holds of the platform whose state is kept in a database.

    Every method raises InstanceError if the database does not answer within its patience (half a minute).

    Args:
        database: where Dagster's tables are, too.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def live(self) -> Moment:
        """The holds because of which runs wait now; one query."""
        found = self.read(lambda connection: rows.select_now(connection, "phase IN ('draining', 'applying')"))
        return Moment(tuple(hold for hold in found.holds if hold.is_live(found.now)), found.now)

    def standing(self) -> Moment:
        """The live holds, and those in line."""
        found = self.read(lambda connection: rows.select_now(connection, rows.NOT_ENDED))
        return Moment(tuple(hold for hold in found.holds if hold.is_standing(found.now)), found.now)

    def get(self, number: int) -> Hold:
        """A hold, also one that has ended.

        Raises:
            HoldLostError: there is none of this number.
        """
        return self.read(lambda connection: one(connection, number))

    def check(self, number: int) -> Hold:
        """Make sure that a hold is its holder's still: before each step that changes something.

        Raises:
            HoldLostError: it expired or ended.
        """
        return self.read(lambda connection: kept(one(connection, number), rows.clock(connection)))

    def in_flight(self, scope: Scope) -> list[str]:
        """Runs in a scope that are being started, execute, or are being stopped; oldest first."""
        return self.read(lambda connection: runs.in_flight(connection, scope))

    def exempt_in_flight(self, scope: Scope) -> list[str]:
        """Those of the runs in flight in a scope that the holder of a hold has started in spite of it."""
        return self.read(lambda connection: exemptions.among(connection, runs.in_flight(connection, scope)))

    def waiting(self, scope: Scope) -> list[str]:
        """Runs in a scope that are in the queue; oldest first."""
        return self.read(lambda connection: runs.waiting(connection, scope))

    def read(self, work: Callable[[Connection], T]) -> T:
        """Read something, again if the server goes away meanwhile."""

        def attempt() -> T:
            ensure_tables(self.database)
            with self.database.connect() as connection:
                return work(connection)

        return self._patiently(attempt)

    def together(self, work: Callable[[Connection], T]) -> T:
        """Do something in a transaction: all of it, or nothing."""

        def attempt() -> T:
            ensure_tables(self.database)
            with self.database.transaction() as connection:
                return work(connection)

        return self._patiently(attempt)

    def change(self, work: Callable[[Connection], T]) -> T:
        """Do something to the holds in a transaction, while nobody else changes them; anybody may read."""

        def locked(connection: Connection) -> T:
            connection.execute(text("LOCK TABLE platform.hold IN SHARE ROW EXCLUSIVE MODE"))
            return work(connection)

        return self.together(locked)

    def _patiently(self, attempt: Callable[[], T]) -> T:
        try:
            return self.database.patiently(attempt)
        except exc.DBAPIError as error:
            said = str(error.orig).strip().splitlines()
            raise GateError(f"the database refused: {said[0] if said else error}", anchor="holds") from error


def one(connection: Connection, number: int) -> Hold:
    """A hold by its number.

    Raises:
        HoldLostError: there is none.
    """
    found = rows.select(connection, "id = :id", id=number)
    if not found:
        raise HoldLostError(f"there is no hold {number}", fix="see `dp hold list`", anchor="holds")
    return found[0]
