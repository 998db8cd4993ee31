"""The gap of a deployment: its holds, from their turn in line to their release. Nothing of the units runs within it."""

from collections.abc import Callable, Mapping, Sequence

from data_platform.deployments.request import Request
from data_platform.gate import Hold, Holds, Obstacle, drain


class Gap:
    """The holds of one deployment.

    Args:
        stop: called again and again while runs in flight are waited for, with the numbers of the holds.
        tell: is given a line for each thing that happens.
    """

    def __init__(self, holds: Holds, *, stop: Callable[[Sequence[int]], None], tell: Callable[[str], None]) -> None:
        self.holds, self.stop, self.tell = holds, stop, tell
        self.taken: tuple[Hold, ...] = ()

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of the holds."""
        return tuple(hold.id for hold in self.taken)

    def acquire(self, request: Request, deployment: int, waits: Callable[[Obstacle], None]) -> int:
        """Take the holds in their turn; returns the greatest number, the fencing token.

        Raises:
            ScopeBusyError: it was not their turn within the request's patience.
        """
        self.taken = self.holds.acquire(
            request.scopes,
            reason=request.reason,
            owner=request.owner,
            link=request.link,
            deployment=str(deployment),
            patience=request.wait_limit.total_seconds(),
            waits=waits,
        )
        return max(self.numbers)

    def drain(self, limit: float) -> None:
        """Wait until nothing is in flight, for so many seconds at most; from then on nothing runs.

        Raises:
            GateError: something is still in flight.
            HoldLostError: a hold expired or ended.
        """
        # runs that come to stand still between two steps are told while they are waited for, and once more at the end
        drain(self.holds, self.numbers, limit, look=lambda: self.stop(self.numbers), tell=self.tell)

    def exempt(self, unit: str) -> Mapping[str, str]:
        """Tags for one run of a unit that may start in spite of its hold."""
        return self.holds.exempt(next(hold.id for hold in self.taken if hold.scope.covers(unit)))

    def release(self) -> None:
        """End the holds: runs that waited start."""
        self.holds.release_all(self.numbers)

    def leave_behind(self) -> None:
        """Give up in the middle of a change: the holds stay for a person."""
        for number in self.numbers:
            self.holds.leave_behind(number)
