"""What somebody wants to be deployed."""

from dataclasses import dataclass
from datetime import timedelta

from data_platform.deployments.smoke import Smoke
from data_platform.units.unit import Unit


@dataclass(frozen=True)
class Request:
    """What somebody wants to be deployed.

    Attributes:
        units: in the checkout, or in the folder of a version that was kept.
        scopes: code locations to hold, or `*`.
        owner, reason, link: shown on every run that waits.
        smoke: what is run before the release.
        allow: lint findings consented to, such as `destructive`.
        wait_limit: how long to wait in line.
        drain_limit: how long to wait for runs in flight; then nothing is deployed.
        smoke_limit: how long each smoke run may take.
        undoes: the deployment that is brought back; the units are those from before it. None for most.
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
    undoes: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The units' names."""
        return tuple(unit.card.name for unit in self.units)
