"""Holding the next step of a run in flight, as the holder of a hold does it."""

from sqlalchemy.engine import Connection

from data_platform.gate import rows, steps
from data_platform.gate.hold import Scope, kept
from data_platform.gate.reading import one
from data_platform.gate.taking import HoldTaker


class StepHolder(HoldTaker):
    """Has runs in flight stand still between two steps, and tells which do."""

    def stop_between_steps(self, number: int, run_id: str) -> bool:
        """Have a run in flight wait for a hold before its next step; it must claim a slot for each step it has left.

        Returns:
            Whether that was done. It is not, as long as the run has not gone on after an earlier hold: try again.

        Raises:
            HoldLostError: the hold expired or ended.
        """

        def work(connection: Connection) -> bool:
            kept(one(connection, number), rows.clock(connection))
            return steps.ask_to_wait(connection, number, run_id)

        return self.change(work)

    def moving(self, number: int) -> list[str]:
        """Runs in flight that a hold waits for: all but those that stand still because of it; oldest first."""
        return self.read(lambda connection: steps.moving(connection, one(connection, number)))

    def stopped(self, number: int) -> list[str]:
        """Runs that stand still between two steps because of a hold."""
        return self.read(lambda connection: steps.stopped(connection, number))

    def crossing(self, scope: Scope) -> list[str]:
        """Runs in flight in a scope that were stopped between steps: they may be of an earlier version of the code."""
        return self.read(lambda connection: steps.crossing(connection, scope))
