"""How long a deployment or a hold will go on, from the ledger's history. Pure."""

from collections.abc import Sequence
from datetime import datetime
from statistics import median

from data_platform.deployments.deployment import Deployment
from data_platform.deployments.phases import Outcome, Phase
from data_platform.gate import Hold
from data_platform.gate import Phase as HoldPhase

_PAST = 20  # deployments that are looked at
_NOT_HELD = {Phase.VALIDATING, Phase.WAITING, Phase.DONE}
_ENDED_IN_TIME = {Outcome.SUCCEEDED, Outcome.FAILED_AND_ROLLED_BACK}


def seconds_left(holds: Sequence[Hold], now: datetime, history: Sequence[Deployment]) -> float | None:
    """How long holds that were asked for together will last: from their turn, or from now if they are held already.

    Args:
        holds: of one deployment, or taken by hand.
        now: by the database's clock.
        history: the latest deployments, newest first.

    Returns:
        Seconds; None when that cannot be told.
    """
    hold = holds[0]
    if any(each.is_abandoned(now) for each in holds):
        return None
    if hold.deployment is not None:
        usual = _usual(hold.deployment, history)
        since = (now - hold.held_since).total_seconds() if hold.held_since else 0.0
        return None if usual is None else max(0.0, usual - since)
    if hold.phase == HoldPhase.DRAINING:
        return max(0.0, (max(each.expires_at for each in holds) - now).total_seconds())
    return None


def _usual(number: str, history: Sequence[Deployment]) -> float | None:
    units = next((set(each.asked.units) for each in history if str(each.id) == number), set[str]())
    ended = [each for each in history if each.outcome in _ENDED_IN_TIME]
    past = [each for each in ended if set(each.asked.units) == units] or ended
    return median(_held_seconds(each) for each in past[:_PAST]) if past else None


def _held_seconds(deployment: Deployment) -> float:
    return sum(each.seconds for each in deployment.phases if each.phase not in _NOT_HELD)


def about(seconds: float | None) -> str:
    """As people say it: `about 3 min`."""
    if seconds is None:
        return "no estimate yet"
    if seconds < 1:
        return "any moment now"
    if seconds <= 50:
        return f"about {-(-seconds // 10) * 10:.0f} s"
    minutes = -(-seconds // 60)
    return f"about {minutes:.0f} min" if minutes < 120 else f"about {minutes / 60:.0f} h"
