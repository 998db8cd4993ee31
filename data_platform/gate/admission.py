"""Whether a run may start now. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from data_platform.gate.hold import Hold, Phase

# Set on every run that is queued and must wait for holds; limits of 0 are put on it. Dagster's own tag of the code
# location will not do: runs that may start in spite of a hold bear it, too.
GATE_TAG = "data_platform/gate"
# Dagster's page of a run shows its tags, but no events while it is queued.
HELD_TAG = "data_platform/held_by"
LOCATION_TAG = "dagster/code_location"
PARENT_TAG = "data_platform/parent_run"  # set by an operation that starts a run and waits for it
_PARENT_TAGS = (PARENT_TAG, "dagster/parent_run_id")
NO_LOCATION = "-"


@dataclass(frozen=True)
class Ancestor:
    """A run in flight that may be waiting for the one in question.

    Attributes:
        location: its code location, `""` if none.
        exempt_from: the hold in spite of which it was started.
    """

    location: str
    exempt_from: int | None = None


@dataclass(frozen=True)
class Claims:
    """Why a run might start in spite of a hold.

    Attributes:
        exempt_from: number of the hold whose holder made the run.
        parents: runs in flight that started it.
    """

    exempt_from: int | None = None
    parents: tuple[Ancestor, ...] = field(default=())

    @property
    def any(self) -> bool:
        """Whether there is any reason."""
        return self.exempt_from is not None or bool(self.parents)


def stopping(holds: Iterable[Hold], location: str, claims: Claims, now: datetime) -> Hold | None:
    """The hold that keeps a run waiting; None if it may start.

    A child of a run in flight starts, since the drain waits for its parent and the parent for it. Once nothing is in
    flight and changes are made (`applying`), only what the holder started, and its children, do.

    Args:
        holds: the live holds.
        location: the run's code location, `""` if none.
        claims: of the run.
        now: by the database's clock.
    """
    for hold in holds:
        if hold.is_live(now) and hold.scope.covers(location) and not _admitted(hold, claims):
            return hold
    return None


def _admitted(hold: Hold, claims: Claims) -> bool:
    if claims.exempt_from == hold.id or any(parent.exempt_from == hold.id for parent in claims.parents):
        return True
    return hold.phase == Phase.DRAINING and any(hold.scope.covers(parent.location) for parent in claims.parents)


def held_by(hold: Hold) -> str:
    """Who holds what, and why, in a few words."""
    return f"{hold} ({hold.owner}): {hold.reason}"


def parents_named(tags: Mapping[str, str]) -> list[str]:
    """Runs that a run's tags name as its parents, in flight or not."""
    return [tags[key] for key in _PARENT_TAGS if tags.get(key)]


def limits(holds: Iterable[Hold], now: datetime) -> list[dict[str, object]]:
    """Dagster's tag limits for the live holds; `held_by` is for people who look at the queue's settings."""
    found: list[dict[str, object]] = []
    for hold in holds:
        if hold.is_live(now):
            limit: dict[str, object] = {"key": GATE_TAG, "limit": 0, "held_by": held_by(hold)}
            found.append(limit if hold.scope.covers("") else {**limit, "value": str(hold.scope)})
    return found
