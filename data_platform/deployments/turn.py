"""Where a deployment stands in line, and how long that may take, from the holds and the ledger's history. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data_platform.deployments.deployment import Deployment
from data_platform.deployments.estimate import about, seconds_left
from data_platform.gate import Hold
from data_platform.gate import Phase as HoldPhase


@dataclass(frozen=True)
class Turn:
    """A place in line.

    Attributes:
        places: by scope, from 1: one more than the deployments and people who wait for it longer.
        seconds: until its turn; None where that cannot be told.
        stuck: what is before it and waits for a person.
    """

    places: dict[str, int]
    seconds: float | None
    stuck: str | None = None

    @property
    def place(self) -> int:
        """The last of its places: it takes all its holds together."""
        return max(self.places.values())

    def __str__(self) -> str:
        """As in `2nd in line; about 3 min`."""
        if self.stuck:
            return f"{_ordinal(self.place)} in line; no estimate: {self.stuck} waits for a person"
        return f"{_ordinal(self.place)} in line; {about(self.seconds)}"

    def as_document(self) -> dict[str, Any]:
        """For programs."""
        seconds = None if self.seconds is None else round(self.seconds)
        return {"place": self.place, "places": self.places, "seconds": seconds, "stuck": self.stuck}


@dataclass(frozen=True)
class _Request:
    """Holds that were asked for together."""

    holds: tuple[Hold, ...]

    @property
    def first(self) -> int:
        return min(hold.id for hold in self.holds)

    @property
    def waits(self) -> bool:
        return self.holds[0].phase == HoldPhase.WAITING

    @property
    def deployment(self) -> int | None:
        number = self.holds[0].deployment
        return int(number) if number and number.isdecimal() else None

    @property
    def scopes(self) -> set[str]:
        return {str(hold.scope) for hold in self.holds}

    def overlaps(self, other: "_Request") -> bool:
        return any(mine.scope.overlaps(its.scope) for mine in self.holds for its in other.holds)


def turn_of(number: int, standing: Iterable[Hold], now: datetime, history: Sequence[Deployment]) -> Turn | None:
    """Where a deployment stands in line; None when it does not wait in it.

    What is before it takes as long as the median of the last deployments of the same units, or of all where there were
    none; a hold taken by hand lasts until it expires.

    Args:
        number: of the deployment.
        standing: holds that are live or in line.
        now: by the database's clock.
        history: the latest deployments, newest first; those in line and under way are among them.
    """
    line = _in_order(standing)
    ends: list[tuple[_Request, float | None]] = []
    for request in line:
        before = [(other, end) for other, end in ends if other.overlaps(request)]
        start = _latest(end for _, end in before)
        if request.deployment == number and request.waits:
            stuck = (hold for other, _ in before for hold in other.holds if hold.is_abandoned(now))
            places = {
                hold.scope.shown: 1 + sum(_waits_for(other, hold) for other, _ in before) for hold in request.holds
            }
            return Turn(places, start, next(map(str, stuck), None))
        left = seconds_left(request.holds, now, history)
        ends.append((request, None if start is None or left is None else start + left))
    return None


def _in_order(standing: Iterable[Hold]) -> list[_Request]:
    """What is held, then what waits, oldest first; without what a newer deployment of the same units will end."""
    asked: dict[str, list[Hold]] = {}
    for hold in standing:
        asked.setdefault(hold.request, []).append(hold)
    requests = [_Request(tuple(holds)) for holds in asked.values()]

    def gives_way(request: _Request) -> bool:
        mine = request.deployment
        return (
            request.waits
            and mine is not None
            and any(
                other.waits and (other.deployment or 0) > mine and other.scopes == request.scopes for other in requests
            )
        )

    return sorted((each for each in requests if not gives_way(each)), key=lambda each: (each.waits, each.first))


def _waits_for(other: _Request, hold: Hold) -> bool:
    return other.waits and any(hold.scope.overlaps(its.scope) for its in other.holds)


def _latest(ends: Iterable[float | None]) -> float | None:
    latest = 0.0
    for end in ends:
        if end is None:
            return None
        latest = max(latest, end)
    return latest


def _ordinal(place: int) -> str:
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"
