"""The line for a scope: first come, first served, and after a hold those first whom it kept waiting. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from data_platform.gate.hold import EVERYTHING, Hold, Outcome, Phase, Scope, ended

# A run that waits for something else (a pool, a code server) must not keep deployments away for longer.
FAIRNESS = timedelta(seconds=60)


@dataclass(frozen=True)
class Queued:
    """Runs that waited under a hold which has ended, and still wait.

    Attributes:
        hold: the ended hold.
        runs: how many of them by code location.
    """

    hold: Hold
    runs: dict[str, int]

    def in_scope(self, scope: Scope) -> int:
        """How many of them a new hold would keep waiting once more."""
        return sum(count for location, count in self.runs.items() if scope.covers(location))


@dataclass(frozen=True)
class Obstacle:
    """Why a hold is not granted now: an earlier hold, or runs whose turn it is."""

    hold: Hold | None = None
    waiting_runs: int = 0


def expired(holds: Iterable[Hold], now: datetime) -> list[Hold]:
    """What has ended by itself, as it ended."""
    late = (hold for hold in holds if hold.phase in (Phase.WAITING, Phase.DRAINING) and hold.expires_at <= now)
    return [ended(hold, hold.expires_at, _end_of(hold)) for hold in late]


def _end_of(hold: Hold) -> Outcome:
    return Outcome.EXPIRED if hold.phase == Phase.DRAINING else Outcome.WITHDRAWN


def obstacle(asked: Sequence[Hold], holds: Iterable[Hold], queued: Iterable[Queued], now: datetime) -> Obstacle | None:
    """What stands before holds that were asked for together; None when they can be granted.

    Args:
        asked: holds of one request.
        holds: all that have not ended, in any order.
        queued: runs left waiting by holds that ended lately.
        now: by the database's clock.
    """
    first = min(hold.id for hold in asked)
    request = asked[0].request
    for other in sorted(holds, key=lambda hold: hold.id):
        before = other.is_live(now) or (other.is_standing(now) and other.id < first)
        if other.request != request and before and any(hold.scope.overlaps(other.scope) for hold in asked):
            return Obstacle(hold=other)
    for left in queued:
        ended_at = left.hold.ended_at
        if ended_at is not None and now - ended_at < FAIRNESS:
            waiting = sum(left.in_scope(hold.scope) for hold in asked)
            if waiting:
                return Obstacle(waiting_runs=waiting)
    return None


def scopes_of(locations: Sequence[str]) -> tuple[Scope, ...]:
    """The scopes to ask for: each once, in one order for all; `*` covers all others."""
    if EVERYTHING in locations:
        return (Scope(EVERYTHING),)
    return tuple(Scope(location) for location in sorted(set(locations)))
