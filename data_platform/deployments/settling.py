"""Going on with a deployment whose deployer died while it changed something, or whose rollback failed: on, or back."""

import time

from data_platform.deployments.change import Change
from data_platform.deployments.deploy import Deployer
from data_platform.deployments.deployment import Deployment
from data_platform.deployments.errors import DeploymentError
from data_platform.deployments.member import kept
from data_platform.deployments.phases import Outcome
from data_platform.deployments.request import Request
from data_platform.deployments.smoke import read_smoke
from data_platform.environment import Environment
from data_platform.gate import Lease

_UNKNOWN = "; and it cannot be found out what was done: "
_PATIENCE_SECONDS = 70.0  # a dead deployer's hold lapses within a minute
_POLL_SECONDS = 1.0


class Settler(Deployer):
    """Settles one deployment; its request is the one that the ledger has."""

    def resume(self, deployment: Deployment) -> Outcome:
        """Do what is left to do, and release; where something fails, go back.

        Raises:
            DeploymentError: there is nothing to settle, or somebody is still at it.
        """
        with self._taken_over(deployment) as lease:
            try:
                self.prepare_change(lease)
            except BaseException as error:  # also an interrupt: what is not known is not nothing
                return self._does_not_know(_cause_of(deployment), error)
            try:
                self._apply(lease)
            except BaseException as error:  # also an interrupt: what is half done goes back
                return self._settle(error)
            return self._end(Outcome.SUCCEEDED)

    def go_back(self, deployment: Deployment) -> Outcome:
        """Take back what was done, and release.

        Raises:
            DeploymentError: there is nothing to settle, or somebody is still at it.
        """
        with self._taken_over(deployment) as lease:
            try:
                change = self.prepare_change(lease)
            except BaseException as error:  # also an interrupt: what is not known is not nothing
                return self._does_not_know(_cause_of(deployment), error)
            return self._go_back(change, f"{_cause_of(deployment)}; rolled back by {self.request.owner}")

    def prepare_change(self, lease: Lease) -> Change:
        """What is to be changed, as far as it has been."""
        if self.change is None:
            self._stop_smoke_runs()  # nobody looks after them any more
            super().prepare_change(lease).recover(self.ledger.get(self.number).intended)
        return super().prepare_change(lease)

    def _does_not_know(self, cause: str, error: BaseException) -> Outcome:
        """The end for now, where it cannot be found out what was done: that is not nothing, so the hold stays."""
        why = "it was interrupted" if isinstance(error, KeyboardInterrupt) else str(error) or type(error).__name__
        return self._leave_behind(f"{cause}{_UNKNOWN}{why}")

    def _taken_over(self, deployment: Deployment) -> Lease:
        self.number = deployment.id
        own = [hold.id for hold in self.holds.standing().holds if hold.deployment == str(deployment.id)]
        if not own or not deployment.is_half_done:
            raise DeploymentError(
                f"deployment {deployment.id} is {deployment.state.replace('_', ' ')}: there is nothing to settle",
                fix="see `dp deploy status`",
                anchor="deployments",
            )
        self._wait_for_death()
        self.gap.taken = tuple(
            self.holds.take_over(number, owner=self.request.owner, reason=self.request.reason) for number in own
        )
        self.token = max(self.gap.numbers)
        self.ledger.reopen(self.number, self.token, deployment.token)
        lease = Lease(self.holds, lambda: self.ledger.seen(self.number))
        lease.keep(self.gap.numbers)
        return lease

    def _wait_for_death(self) -> None:
        """Wait until its deployer certainly does nothing more: its hold has lapsed."""
        deadline, told = time.monotonic() + _PATIENCE_SECONDS, False
        while not self.ledger.get(self.number).needs_a_person or any(
            not hold.is_abandoned(moment.now)
            for moment in [self.holds.standing()]
            for hold in moment.holds
            if hold.deployment == str(self.number)
        ):
            if time.monotonic() > deadline:
                raise DeploymentError(
                    f"the deployer of deployment {self.number} is at work",
                    fix="wait until it has ended: see `dp deploy status`",
                    anchor="deployments",
                )
            if not told:
                self._say("its deployer was there a moment ago: waiting until its hold has lapsed, a minute at most")
            told = True
            time.sleep(_POLL_SECONDS)


def _cause_of(deployment: Deployment) -> str:
    """Why it must be settled; not why that did not work before."""
    return (deployment.cause or f"its deployer died while {deployment.phase}").partition(_UNKNOWN)[0]


def request_of(environment: Environment, deployment: Deployment, *, owner: str) -> Request:
    """The request of a deployment, as far as it is needed to settle it.

    Raises:
        DeploymentError: a version's folder is gone.
    """
    asked = deployment.asked
    return Request(
        units=tuple(kept(environment, name, asked.after[name]) for name in asked.units),
        scopes=asked.units,
        owner=owner,
        reason=asked.reason,
        link=asked.link,
        smoke=tuple(read_smoke(text) for text in asked.smoke),
        allow=frozenset(asked.allow),
        undoes=asked.undoes,
    )
