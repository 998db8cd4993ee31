"""An attempt at a deployment: what it has to do with, and the ways in which it ends."""

from collections.abc import Callable, Sequence

from data_platform.deployments.change import Change
from data_platform.deployments.errors import SupersededError
from data_platform.deployments.gap import Gap
from data_platform.deployments.ledger import Ledger
from data_platform.deployments.phases import Outcome, Phase
from data_platform.deployments.request import Request
from data_platform.deployments.smoke import stop_runs
from data_platform.environment import Environment
from data_platform.gate import Hold, HoldLostError, Holds
from data_platform.units.graphql import Webserver


class Attempt:
    """One attempt; each instance once.

    Args:
        address: of the running platform's webserver.
        begun: called with its number when it is in the ledger.
        told: called when the holds are taken, to tell the runs that wait.
        sort_out: called with the deployment's number before the holds end, if the code changed, to see what becomes of
            the runs that waited.
        tell: is given a line for each thing that happens.
        stop: called again and again with the numbers of the holds while runs in flight are waited for, to have some of
            them held between two steps.
    """

    def __init__(
        self,
        environment: Environment,
        holds: Holds,
        address: str,
        request: Request,
        *,
        told: Callable[[Sequence[Hold]], None],
        sort_out: Callable[[int, Sequence[Hold], Callable[[str], None]], None],
        tell: Callable[[str], None],
        begun: Callable[[int], None] = lambda _: None,
        stop: Callable[[Sequence[int]], None] = lambda _: None,
    ) -> None:
        self.environment, self.holds, self.request = environment, holds, request
        self.ledger, self.webserver = Ledger(holds.database), Webserver(address)
        self.told, self.sort_out, self.tell, self.begun = told, sort_out, tell, begun
        self.number, self.token = 0, None  # type: tuple[int, int | None]
        self.gap = Gap(holds, stop=stop, tell=self._say)
        self.change: Change | None = None
        self.verified = False

    def _say(self, line: str) -> None:
        self.tell(f"deployment {self.number}: {line}")

    def _enter(self, phase: Phase) -> None:
        self.ledger.move(self.number, phase, self.token)
        self._say(str(phase).replace("_", " "))

    def _release(self) -> None:
        if self.gap.taken:
            self._enter(Phase.RELEASING)
            self.gap.release()

    def _settle(self, error: BaseException) -> Outcome:
        """What is left to do when something has failed."""
        if self.verified:  # all is done and works: whatever comes now, runs may have started with it
            self._release()
            return self._end(Outcome.SUCCEEDED)
        cause = "it was interrupted" if isinstance(error, KeyboardInterrupt) else str(error) or type(error).__name__
        if isinstance(error, SupersededError):
            return self._end(Outcome.SUPERSEDED, cause)
        changed = self.change is not None and self.change.has_begun
        if isinstance(error, HoldLostError) and changed:
            return self._end(Outcome.ROLLBACK_FAILED, f"{cause}; whoever has it now decides: nothing was rolled back")
        if self.change is not None and changed:
            return self._go_back(self.change, cause)
        self._release()
        return self._end(Outcome.FAILED, cause)

    def _go_back(self, change: Change, cause: str) -> Outcome:
        self._enter(Phase.ROLLING_BACK)
        try:
            self._stop_smoke_runs()
            change.roll_back()
            self.sort_out(self.number, self.gap.taken, self._say)  # some may be of the code that was taken back
        except BaseException as error:  # whatever it is, the hold stays
            return self._leave_behind(f"{cause}; and {error or type(error).__name__}")
        self._release()
        return self._end(Outcome.FAILED_AND_ROLLED_BACK, cause)

    def _stop_smoke_runs(self) -> None:
        """End those that are at work still: what they work on may be taken back next."""
        if left := [run for hold in self.gap.taken for run in self.holds.exempt_in_flight(hold.scope)]:
            self._say(f"smoke runs are stopped: {len(left)}")
            stop_runs(self.webserver, left)

    def _leave_behind(self, cause: str) -> Outcome:
        """Give up; the holds stay for a person."""
        outcome = self._end(Outcome.ROLLBACK_FAILED, cause)
        self.gap.leave_behind()
        return outcome

    def _end(self, outcome: Outcome, cause: str | None = None) -> Outcome:
        self.ledger.end(self.number, self.token, outcome, cause)
        return outcome
