"""Asks where deployments stand in line, and tells the one that waits."""

import time
from collections.abc import Callable, Iterable

from data_platform.deployments.deployment import Deployment
from data_platform.deployments.ledger import Ledger
from data_platform.deployments.phases import Phase
from data_platform.deployments.turn import Turn, turn_of
from data_platform.gate import Holds
from data_platform.gate.rows import Moment

_HISTORY = 200  # deployments; those that wait are the latest
_AGAIN_SECONDS = 60.0  # for an estimate that has changed and a place that has not


class Waiting:
    """Tells a deployment that waits where it stands: whenever its place changes, and its estimate once a minute.

    Args:
        number: of the deployment.
        tell: is given the line.
    """

    def __init__(self, ledger: Ledger, number: int, tell: Callable[[str], None]) -> None:
        self.ledger, self.number, self.tell = ledger, number, tell
        self._history: list[Deployment] | None = None
        self._told: tuple[int | None, str, float] = (None, "", 0.0)

    def look(self, moment: Moment) -> None:
        """Look at the line as it is at a moment."""
        if self._history is None:
            self._history = self.ledger.history(_HISTORY)
        turn = turn_of(self.number, moment.holds, moment.now, self._history)
        if turn is None:
            return
        place, said, at = self._told
        now = time.monotonic()
        if turn.place != place or (str(turn) != said and now - at > _AGAIN_SECONDS):
            self.tell(str(turn))
            self._told = turn.place, str(turn), now


def turns(holds: Holds, ledger: Ledger, deployments: Iterable[Deployment]) -> dict[int, Turn]:
    """Where those of some deployments stand that wait in line, by number."""
    waiting = [each.id for each in deployments if each.phase == Phase.WAITING and each.outcome is None]
    if not waiting:
        return {}
    moment, history = holds.standing(), ledger.history(_HISTORY)
    found = {number: turn_of(number, moment.holds, moment.now, history) for number in waiting}
    return {number: turn for number, turn in found.items() if turn}
