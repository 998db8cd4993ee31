"""A hold: what it is, and what may become of it. Pure; the moment (`now`) is always the database's."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from data_platform.gate.errors import HoldLostError

EVERYTHING = "*"


class Phase(StrEnum):
    """Where a hold stands; the order is that of its life."""

    WAITING = "waiting"  # in line for its scope; holds nothing yet
    DRAINING = "draining"  # new runs wait, runs in flight finish; expires by itself
    APPLYING = "applying"  # nothing runs, something is being changed; never expires by itself
    ENDED = "ended"


class Outcome(StrEnum):
    """How a hold ended."""

    RELEASED = "released"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    TAKEN_OVER = "taken over"


class Scope(str):
    """What a hold covers: `*` for every code location, or the name of one."""

    __slots__ = ()

    def covers(self, location: str) -> bool:
        """Whether runs of a code location wait under it; `""` stands for a run of none."""
        return self in (EVERYTHING, location)

    def overlaps(self, other: str) -> bool:
        """Whether two holds exclude each other."""
        return EVERYTHING in (self, other) or self == other

    @property
    def shown(self) -> str:
        """As a person reads it."""
        return "everything" if self == EVERYTHING else str(self)


@dataclass(frozen=True)
class Hold:
    """A lease on the run queue.

    Attributes:
        id: the fencing token, which is greater the later a hold of its scope is taken (one in line may get a greater
            one yet). What is done under a hold is refused once a later one has replaced it.
        request: holds that were asked for together (a deployment of several units) share it, and are granted together.
        scope: what it covers.
        phase: where it stands.
        reason: why, for the people whose runs wait.
        owner: who.
        asked_at, held_since, expires_at, ended_at: by the database's clock.
        link: where to read more.
        deployment: the deployment it belongs to; None for one taken by hand.
        outcome: how it ended.
    """

    id: int
    request: str
    scope: Scope
    phase: Phase
    reason: str
    owner: str
    asked_at: datetime
    expires_at: datetime
    held_since: datetime | None = None
    ended_at: datetime | None = None
    link: str | None = None
    deployment: str | None = None
    outcome: Outcome | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether runs wait because of it."""
        return self.phase == Phase.APPLYING or (self.phase == Phase.DRAINING and self.expires_at > now)

    def is_standing(self, now: datetime) -> bool:
        """Whether it is live, or in line to become so."""
        return self.is_live(now) or (self.phase == Phase.WAITING and self.expires_at > now)

    def is_abandoned(self, now: datetime) -> bool:
        """Whether its holder died while it changed something: it holds on until a person settles it."""
        return self.phase == Phase.APPLYING and self.expires_at <= now

    def __str__(self) -> str:
        """As messages name it: `hold 7 on fleet`."""
        return f"hold {self.id} on {self.scope.shown}"


def live_hold(holds: Iterable[Hold], location: str, now: datetime) -> Hold | None:
    """The hold because of which runs of a code location wait."""
    return next((hold for hold in holds if hold.is_live(now) and hold.scope.covers(location)), None)


def renewed(hold: Hold, now: datetime, life: timedelta) -> Hold:
    """The hold with a life that begins anew.

    Raises:
        HoldLostError: it expired or ended. An expired lease is never renewed: others may have acted since.
    """
    return replace(kept(hold, now), expires_at=now + life)


def granted(hold: Hold, now: datetime, life: timedelta) -> Hold:
    """A hold whose turn has come."""
    return replace(kept(hold, now), phase=Phase.DRAINING, held_since=now, expires_at=now + life)


def applying(hold: Hold, now: datetime) -> Hold:
    """The hold while something is changed under it; to be called when nothing in its scope is in flight.

    Raises:
        HoldLostError: it expired or ended.
    """
    return replace(kept(hold, now), phase=Phase.APPLYING)


def draining_again(hold: Hold, now: datetime, life: timedelta) -> Hold:
    """Back from `applying`, before anything was changed."""
    return replace(kept(hold, now), phase=Phase.DRAINING, expires_at=now + life)


def left_behind(hold: Hold, now: datetime) -> Hold:
    """The hold of somebody who gives up in the middle of a change: it stays, and may be taken over at once."""
    return replace(kept(hold, now), expires_at=now)


def ended(hold: Hold, now: datetime, outcome: Outcome) -> Hold:
    """The hold at its end. An end is not undone: one that has ended stays as it ended."""
    if hold.phase == Phase.ENDED:
        return hold
    return replace(hold, phase=Phase.ENDED, ended_at=now, outcome=outcome)


def kept(hold: Hold, now: datetime) -> Hold:
    """The hold, if it is its holder's still.

    Raises:
        HoldLostError: it expired or ended.
    """
    if hold.phase == Phase.ENDED:
        raise HoldLostError(f"{hold} was {hold.outcome}", fix="take a new one", anchor="holds")
    if hold.expires_at <= now:
        raise HoldLostError(f"{hold} has expired", fix="take a new one", anchor="holds")
    return hold
