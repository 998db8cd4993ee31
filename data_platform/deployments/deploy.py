"""One deployment, from its place in line to its release; and back, where something fails."""

from collections.abc import Callable, Sequence

from data_platform.deployments.asking import asked_of, newer_deployment, serving
from data_platform.deployments.change import Change
from data_platform.deployments.errors import SupersededError
from data_platform.deployments.gap import Gap
from data_platform.deployments.going_back import refuse_unless_latest
from data_platform.deployments.in_line import Waiting
from data_platform.deployments.ledger import Ledger
from data_platform.deployments.member import Member, members_of
from data_platform.deployments.phases import Outcome, Phase
from data_platform.deployments.request import Request
from data_platform.deployments.smoke import stop_runs
from data_platform.deployments.validation import keep_versions, validate
from data_platform.environment import Environment
from data_platform.gate import Hold, HoldLostError, Holds, Lease, Obstacle, Scope
from data_platform.units.graphql import Webserver
from data_platform.units.versions import UnitVersions


class Deployer:
    """Deploys one request; each instance once.

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
        self.waiting = Waiting(self.ledger, lambda: self.number, self._say)
        self.number, self.token = 0, None  # type: tuple[int, int | None]
        self.gap = Gap(holds, stop=stop, tell=self._say)
        self.change: Change | None = None
        self.verified = False

    def deploy(self) -> Outcome:
        """Deploy; returns how it ended, which is in the ledger with its cause.

        Raises:
            DeploymentLostError: somebody else settled it meanwhile.
            DataPlatformError: it could not even begin.
        """
        self.ledger.end_dead()
        units = self.request.units if self.request.undoes else keep_versions(self.environment, self.request.units)
        self.number = self.ledger.begin(asked_of(self.environment, self.webserver, self.request, units))
        with Lease(self.holds, lambda: self.ledger.seen(self.number)) as lease:
            try:
                self.begun(self.number)
                self._say(f"validating {', '.join(self.request.names)}")
                validate(self.environment, units)
                self._enter(Phase.WAITING)
                self._acquire(lease)
                self._enter(Phase.HOLDING)
                self.told(self.gap.taken)
                self._enter(Phase.DRAINING)
                self.gap.drain(self.request.drain_limit.total_seconds())
                self._apply(lease)
            except BaseException as error:  # also an interrupt: a hold must not be left behind
                return self._settle(error)
            return self._end(Outcome.SUCCEEDED)

    def _apply(self, lease: Lease) -> None:
        """Change what is to be changed, and release; also for a deployment that somebody else began."""
        change = self.prepare_change(lease)
        self._enter(Phase.SCHEMA)
        if not change.has_begun:
            self.ledger.intend(self.number, self.token, change.intent())
        try:
            change.deploy_schema()
        finally:
            self.ledger.note(self.number, self.token, changesets=change.changesets)
        self._enter(Phase.CODE)
        change.code.switch()
        self._enter(Phase.VERIFYING)
        change.verify(self.request.smoke, self.request.smoke_limit, self.gap.exempt)
        lease.check()
        self.sort_out(self.number, self.gap.taken, self._say)
        self.verified = True
        self._release()
        for member in change.members:
            if self.holds.crossing(Scope(member.name)):
                continue  # a run that was held between two steps goes on with the version it began with
            needed = self.ledger.versions_needed(member.name)  # by those that wait in line
            UnitVersions(self.environment, member.name).prune(member.version, member.before or "", *needed)

    def prepare_change(self, lease: Lease) -> Change:
        """What is to be changed, as the ledger has it, and as far as it has been."""
        if self.change is None:
            self.change = Change(
                self.webserver, self._members(), allow=self.request.allow, fence=lease.check, tell=self._say
            )
        return self.change

    def _members(self) -> list[Member]:
        deployment = self.ledger.get(self.number)
        undoes = deployment.asked.undoes
        return members_of(self.environment, deployment, self.ledger.get(undoes) if undoes else None)

    def _say(self, line: str) -> None:
        self.tell(f"deployment {self.number}: {line}")

    def _enter(self, phase: Phase) -> None:
        self.ledger.move(self.number, phase, self.token)
        self._say(str(phase).replace("_", " "))

    def _acquire(self, lease: Lease) -> None:
        token = self.gap.acquire(self.request, self.number, self._give_way)
        lease.keep(self.gap.numbers)  # from here on: the platform may be slow to say what it serves
        self.ledger.take(self.number, token)
        self.token = token
        # deployments that came first may have brought others than were served when this one was asked for
        self.ledger.note_before(self.number, token, serving(self.environment, self.webserver, self.request.names))
        if self.request.undoes:
            refuse_unless_latest(self.ledger, self.webserver, self.ledger.get(self.request.undoes))

    def _give_way(self, before: Obstacle) -> None:
        standing = self.holds.standing()
        newer = newer_deployment(standing.holds, self.number, self.request.scopes)
        if newer is not None:
            raise SupersededError(f"deployment {newer} of the same units is newer", anchor="deployments")
        self.waiting.look(standing)

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
