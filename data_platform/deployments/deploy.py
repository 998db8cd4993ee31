"""One deployment, from its place in line to its release; and back, where something fails."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from data_platform.dbt.prepare import prepare
from data_platform.deployments.deployment import Asked
from data_platform.deployments.errors import DeploymentError, SupersededError
from data_platform.deployments.lease import Lease
from data_platform.deployments.ledger import Ledger
from data_platform.deployments.phases import Outcome, Phase
from data_platform.deployments.schema_change import SchemaChange, schema_target
from data_platform.deployments.served import load_anew, served_version
from data_platform.deployments.smoke import Smoke, run_smoke
from data_platform.deployments.source import source_of
from data_platform.deployments.validation import Validated, still, validate
from data_platform.environment import Environment
from data_platform.gate import Hold, HoldLostError, Holds, Obstacle
from data_platform.gate import Phase as HoldPhase
from data_platform.units.graphql import Webserver
from data_platform.units.unit import Unit

_POLL_SECONDS = 0.25


@dataclass(frozen=True)
class Request:
    """What somebody wants to be deployed.

    Attributes:
        units: whose versions on disk.
        scopes: code locations to hold, or `*`.
        owner, reason, link: shown on every run that waits.
        smoke: what is run before the release.
        allow: lint findings consented to, such as `destructive`.
        wait_limit: how long to wait in line.
        drain_limit: how long to wait for runs in flight; then nothing is deployed.
        smoke_limit: how long each smoke run may take.
    """

    units: tuple[Unit, ...]
    scopes: tuple[str, ...]
    owner: str
    reason: str
    link: str | None = None
    smoke: tuple[Smoke, ...] = ()
    allow: frozenset[str] = frozenset()
    wait_limit: timedelta = timedelta(minutes=30)
    drain_limit: timedelta = timedelta(minutes=10)
    smoke_limit: timedelta = timedelta(minutes=10)


class Deployer:
    """Deploys one request; each instance once.

    Args:
        address: of the running platform's webserver.
        told: called when the holds are taken, to tell the runs that wait.
        tell: is given a line for each thing that happens.
    """

    def __init__(
        self,
        environment: Environment,
        holds: Holds,
        address: str,
        request: Request,
        *,
        told: Callable[[Sequence[Hold]], None],
        tell: Callable[[str], None],
    ) -> None:
        self.environment, self.holds, self.request = environment, holds, request
        self.ledger, self.webserver = Ledger(holds.database), Webserver(address)
        self.told, self.tell = told, tell
        self.number, self.token = 0, None  # type: tuple[int, int | None]
        self.numbers: tuple[int, ...] = ()
        self.changes: dict[str, SchemaChange] = {}
        self.applying = self.switched = False

    def deploy(self) -> Outcome:
        """Deploy; returns how it ended, which is in the ledger with its cause.

        Raises:
            DeploymentLostError: somebody else settled it meanwhile.
        """
        self.ledger.end_dead()
        self.number = self.ledger.begin(self._asked())
        with Lease(self.holds, self.ledger, self.number) as lease:
            try:
                self._go(lease)
            except BaseException as error:  # also an interrupt: a hold must not be left behind
                return self._settle(error, lease)
            return self._end(Outcome.SUCCEEDED)

    def _asked(self) -> Asked:
        units, source = self.request.units, source_of(self.request.units)
        served = {unit.card.name: served_version(self.webserver, unit.card.name) for unit in units}
        return Asked(
            units=tuple(unit.card.name for unit in units),
            environment=str(self.environment.name),
            owner=self.request.owner,
            reason=self.request.reason,
            link=self.request.link,
            commit=source.commit,
            uncommitted=source.uncommitted,
            submodules=source.submodules,
            before={name: version for name, version in served.items() if version},
            after={unit.card.name: unit.version() for unit in units},
            manifests={unit.card.name: unit.project.fingerprint() for unit in units},
        )

    def _go(self, lease: Lease) -> None:
        self.tell(f"deployment {self.number}: validating {', '.join(unit.card.name for unit in self.request.units)}")
        validated = validate(self.environment, self.request.units)
        self._enter(Phase.WAITING)
        taken = self._acquire()
        lease.keep(self.numbers)
        self._enter(Phase.HOLDING)
        self.told(taken)
        self._enter(Phase.DRAINING)
        self._drain()
        for found in validated:
            still(found.unit, found.version)
        self._enter(Phase.SCHEMA)
        self._deploy_schema(lease)
        self._enter(Phase.CODE)
        self._switch(validated, lease)
        self._enter(Phase.VERIFYING)
        self._verify(validated, lease)
        lease.check()
        self._release()

    def _enter(self, phase: Phase) -> None:
        self.ledger.move(self.number, phase, self.token)
        self.tell(f"deployment {self.number}: {str(phase).replace('_', ' ')}")

    def _acquire(self) -> tuple[Hold, ...]:
        taken = self.holds.acquire(
            self.request.scopes,
            reason=self.request.reason,
            owner=self.request.owner,
            link=self.request.link,
            deployment=str(self.number),
            patience=self.request.wait_limit.total_seconds(),
            waits=self._give_way,
        )
        self.numbers = tuple(hold.id for hold in taken)
        token = max(self.numbers)
        self.ledger.take(self.number, token)
        self.token = token
        return taken

    def _give_way(self, before: Obstacle) -> None:
        """While it waits in line: a newer deployment of the same units brings all that this one would."""
        scopes: dict[str, set[str]] = {}
        for hold in self.holds.standing().holds:
            if hold.phase == HoldPhase.WAITING and hold.deployment and hold.deployment.isdecimal():
                scopes.setdefault(hold.deployment, set()).add(str(hold.scope))
        newer = [int(each) for each, held in scopes.items() if held == set(self.request.scopes)]
        if newer and max(newer) > self.number:
            raise SupersededError(f"deployment {max(newer)} of the same units is newer", anchor="deployments")

    def _drain(self) -> None:
        limit = self.request.drain_limit.total_seconds()
        deadline, shown = time.monotonic() + limit, -1
        while not self.holds.to_applying(self.numbers):
            left = sum(len(self.holds.in_flight(self.holds.get(number).scope)) for number in self.numbers)
            if left != shown:
                self.tell(f"deployment {self.number}: runs in flight: {left}")
                shown = left
            if time.monotonic() > deadline:
                raise DeploymentError(
                    f"runs were still in flight after {limit:.0f} s ({left}), so nothing was changed",
                    fix="deploy again later, or with a longer --drain-limit",
                    anchor="deployments",
                )
            time.sleep(_POLL_SECONDS)
        self.applying = True

    def _deploy_schema(self, lease: Lease) -> None:
        for unit in self.request.units:
            target = schema_target(unit)
            if target is None:
                continue
            change = self.changes[unit.card.name] = SchemaChange(target)
            try:
                change.deploy(allow=self.request.allow, fence=lease.check, tell=self.tell)
            finally:
                self._note_changesets()

    def _note_changesets(self) -> None:
        done = {unit: [str(each) for each in change.recorded] for unit, change in self.changes.items()}
        self.ledger.note(self.number, self.token, changesets={unit: each for unit, each in done.items() if each})

    def _switch(self, validated: Sequence[Validated], lease: Lease) -> None:
        lease.check()
        self.switched = True
        errors = prepare([found.unit.project for found in validated])
        for error in errors.values():
            raise error
        for found in validated:
            lease.check()
            load_anew(self.webserver, found.unit.card.name, found.version)
            self.tell(f"deployment {self.number}: {found.unit.card.name} serves {found.version}")

    def _verify(self, validated: Sequence[Validated], lease: Lease) -> None:
        graphs = {found.unit.card.name: found.graph for found in validated}
        for smoke in self.request.smoke:
            run = run_smoke(
                self.webserver.address,
                smoke,
                graphs[smoke.unit],
                self.holds.exempt(self.token or 0),
                seconds=self.request.smoke_limit.total_seconds(),
                fence=lease.check,
            )
            self.tell(f"deployment {self.number}: the smoke run of {smoke} succeeded ({run})")

    def _release(self) -> None:
        if self.numbers:
            self._enter(Phase.RELEASING)
        for number in self.numbers:
            self.holds.release(number)

    def _settle(self, error: BaseException, lease: Lease) -> Outcome:
        """What is left to do when something has failed."""
        cause = str(error) or type(error).__name__
        if isinstance(error, KeyboardInterrupt):
            cause = "it was interrupted"
        if isinstance(error, SupersededError):
            return self._end(Outcome.SUPERSEDED, cause)
        if not self.applying:
            self._release()
            return self._end(Outcome.FAILED, cause)
        if isinstance(error, HoldLostError):
            return self._end(
                Outcome.ROLLBACK_FAILED, f"{cause}; whoever has it now decides, so nothing was rolled back"
            )
        changed = self.switched or any(change.recorded or change.final for change in self.changes.values())
        if changed:
            self._enter(Phase.ROLLING_BACK)
            try:
                self._roll_back(lease)
            except BaseException as second:  # whatever it is, the hold stays
                return self._end(Outcome.ROLLBACK_FAILED, f"{cause}; and {second or type(second).__name__}")
        self._release()
        return self._end(Outcome.FAILED_AND_ROLLED_BACK if changed else Outcome.FAILED, cause)

    def _roll_back(self, lease: Lease) -> None:
        problems = []
        if self.switched:
            # the files of the old version are no longer there: a unit's version is what lies in its folder
            problems.append("the code cannot be rolled back, since the folder holds the new version only")
        for change in reversed(self.changes.values()):
            # code that expects the new schema stays: taking the schema back would break it, too
            if problems:
                break
            change.undo(fence=lease.check, tell=self.tell)
        if problems:
            kept = [str(each) for change in self.changes.values() for each in change.recorded]
            problems += [f"the schema keeps {', '.join(kept)}"] if kept else []
            raise DeploymentError("; ".join(problems), anchor="deployments")

    def _end(self, outcome: Outcome, cause: str | None = None) -> Outcome:
        self.ledger.end(self.number, self.token, outcome, cause)
        return outcome
