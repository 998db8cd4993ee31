"""Deployments as the ledger would tell them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from data_platform.deployments.deployment import Asked, Deployment, PhaseTime
from data_platform.deployments.phases import Outcome, Phase

BEGAN = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
ASKED = Asked(
    units=("fleet", "meteorology"),
    environment="local",
    owner="jana@host",
    reason="faster marts",
    link="https://example.org/1",
    commit="a" * 40,
    uncommitted=True,
    submodules={"dbt_projects/fleet": "b" * 40},
    before={"fleet": "old"},
    after={"fleet": "new", "meteorology": "newer"},
    manifests={"fleet": "hash"},
)
FORWARD = (*list(Phase)[: list(Phase).index(Phase.ROLLING_BACK)], Phase.RELEASING)


def until(phase: Phase, *more: Phase) -> tuple[Phase, ...]:
    """The phases of a deployment that came to this one, and what came after it failed there."""
    return (*FORWARD[: FORWARD.index(phase) + 1], *more)


def attempt(
    phases: Sequence[Phase], outcome: Outcome | None, cause: str | None = None, *, seconds: float = 10, **known: Any
) -> Deployment:
    """A deployment whose phases took so many seconds each; without an outcome it is abandoned."""
    times = [PhaseTime(each, BEGAN + n * timedelta(seconds=seconds), seconds) for n, each in enumerate(phases)]
    ended = BEGAN + len(phases) * timedelta(seconds=seconds)
    values: dict[str, Any] = {
        "id": 12,
        "asked": ASKED,
        "phase": Phase.DONE if outcome is Outcome.SUCCEEDED else phases[-1],
        "outcome": outcome,
        "cause": cause,
        "token": 7,
        "changesets": {},
        "asked_at": BEGAN,
        "seen_at": ended,
        "ended_at": ended if outcome else None,
        "now": ended + timedelta(hours=1),
        "phases": tuple(times),
    }
    return Deployment(**values | known)
