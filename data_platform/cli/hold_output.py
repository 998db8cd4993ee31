"""How `dp hold` prints."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from data_platform.cli.caller import tell

if TYPE_CHECKING:
    from data_platform.gate import Hold, Holds, Obstacle


def print_holds(holds: "Holds", shown: Sequence["Hold"], *, as_json: bool) -> None:
    """Print what became of holds."""
    now = holds.standing().now
    rows = [hold_row(holds, hold, now) for hold in shown]
    if as_json:
        print(json.dumps(rows, indent=2, default=str))
        return
    for hold, row in zip(shown, rows, strict=True):
        if hold.outcome:
            typer.echo(f"{hold} was {hold.outcome}; runs that wait: {row['waiting']}")
        else:
            typer.echo(
                f"{hold} lasts until {hold.expires_at:%Y-%m-%d %H:%M:%S} UTC;"
                f" runs in flight: {row['in_flight']}, runs that wait: {row['waiting']}"
            )


def hold_row(holds: "Holds", hold: "Hold", now: datetime) -> dict[str, Any]:
    """A hold for people and programs, with the runs in its scope."""
    return {
        "hold": hold.id,
        "scope": hold.scope.shown,
        "phase": "abandoned" if hold.is_abandoned(now) else str(hold.phase),
        "owner": hold.owner,
        "reason": hold.reason,
        "expires_at": f"{hold.expires_at:%Y-%m-%d %H:%M:%S} UTC",
        "in_flight": len(holds.in_flight(hold.scope)),
        "waiting": len(holds.waiting(hold.scope)),
        "link": hold.link,
    }


def once_told() -> Callable[["Obstacle"], None]:
    """Tells whom one waits for, each time that changes."""
    told: set[str] = set()

    def look(before: "Obstacle") -> None:
        who = str(before.hold) if before.hold else "runs that waited for the hold before"
        if who not in told:
            told.add(who)
            tell(f"waiting for {who}")

    return look
