"""One deployment, from its place in line to its release; and back, where something fails."""

from functools import partial

from data_platform.deployments.asking import asked_of, newer_deployment, serving
from data_platform.deployments.attempt import Attempt
from data_platform.deployments.change import Change
from data_platform.deployments.errors import SupersededError
from data_platform.deployments.going_back import refuse_unless_latest
from data_platform.deployments.in_line import Waiting
from data_platform.deployments.member import Member, members_of
from data_platform.deployments.phases import Outcome, Phase
from data_platform.deployments.validation import keep_versions, validate
from data_platform.gate import Lease, Obstacle, Scope
from data_platform.units.versions import UnitVersions


class Deployer(Attempt):
    """Deploys one request."""

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

    def _acquire(self, lease: Lease) -> None:
        waiting = Waiting(self.ledger, self.number, self._say)
        token = self.gap.acquire(self.request, self.number, partial(self._give_way, waiting))
        lease.keep(self.gap.numbers)  # from here on: the platform may be slow to say what it serves
        self.ledger.take(self.number, token)
        self.token = token
        # deployments that came first may have brought others than were served when this one was asked for
        self.ledger.note_before(self.number, token, serving(self.environment, self.webserver, self.request.names))
        if self.request.undoes:
            refuse_unless_latest(self.ledger, self.webserver, self.ledger.get(self.request.undoes))

    def _give_way(self, waiting: Waiting, _before: Obstacle) -> None:
        standing = self.holds.standing()
        newer = newer_deployment(standing.holds, self.number, self.request.scopes)
        if newer is not None:
            raise SupersededError(f"deployment {newer} of the same units is newer", anchor="deployments")
        waiting.look(standing)
