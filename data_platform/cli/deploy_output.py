"""How `dp deploy` prints."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from data_platform.cli.output import print_rows

if TYPE_CHECKING:
    from data_platform.deployments.deployment import Deployment
    from data_platform.deployments.forecast import Forecast, UnitChange
    from data_platform.deployments.turn import Turn


def print_deployment(deployment: "Deployment", *, as_json: bool, turn: "Turn | None" = None) -> None:
    """Print all that is known of a deployment."""
    document = deployment.as_document()
    if as_json:
        print(json.dumps(document, indent=2))
        return
    asked = deployment.asked
    typer.echo(
        f"deployment {deployment.id} of {', '.join(asked.units)}: {deployment.state} after {deployment.seconds:.1f} s"
    )
    typer.echo(f"  by {asked.owner}, asked at {document['asked_at']}: {asked.reason}")
    if turn:
        typer.echo(f"  {turn}")
    if deployment.cause:
        typer.echo(f"  cause: {deployment.cause}")
    if deployment.needs_a_person:
        typer.echo(
            f"  runs of {', '.join(asked.units)} wait: `dp deploy rollback {deployment.id}` goes back,"
            f" `dp deploy resume {deployment.id}` goes on (docs/deploying.md#when-the-hold-stays)"
        )
    for unit in asked.units:
        versions = f"{asked.before.get(unit, '(not served)')} -> {asked.after.get(unit, '?')}"
        ran = deployment.changesets.get(unit)
        typer.echo(f"  {unit}: {versions}" + (f"; changesets: {', '.join(ran)}" if ran else ""))
    if asked.commit:
        typer.echo(f"  commit: {asked.commit}" + (" with uncommitted changes" if asked.uncommitted else ""))
    for path, commit in asked.submodules.items():
        typer.echo(f"  {path}: {commit}")
    phases = ", ".join(f"{each.phase} {each.seconds:.1f} s" for each in deployment.phases if each.phase != "done")
    typer.echo(f"  phases: {phases}")


def open_document(deployment: "Deployment", turns: "Mapping[int, Turn]") -> dict[str, Any]:
    """A deployment that has not ended, for programs; `turn` is null unless it waits in line."""
    turn = turns.get(deployment.id)
    return deployment.as_document() | {"turn": turn.as_document() if turn else None}


def print_forecast(forecast: "Forecast", *, as_json: bool) -> None:
    """Print what a deployment would wait for and change."""
    if as_json:
        print(json.dumps(forecast.as_document(), indent=2))
        return
    if forecast.in_flight:
        rows = [
            {
                "run": run.run_id[:8],
                "unit": run.unit,
                "job": run.job,
                "status": run.status.lower(),
                "seconds": round(run.seconds, 1),
                "remaining": None if run.remaining is None else round(run.remaining, 1),
                "waited_for": "its current step" if run.between_steps else "its end",
            }
            for run in forecast.in_flight
        ]
        print_rows(rows, as_json=False)
    held = sum(run.between_steps for run in forecast.in_flight)
    typer.echo(f"runs in flight that would be waited for: {len(forecast.in_flight) - held}{_span(forecast)}")
    if held:
        typer.echo(f"runs in flight that would be held between two steps: {held}")
    typer.echo(f"runs in the queue that would wait: {len(forecast.waiting)}")
    for unit in forecast.units:
        typer.echo(_change(unit))


def _span(forecast: "Forecast") -> str:
    if all(run.between_steps for run in forecast.in_flight):
        return ""
    if forecast.drain_seconds is None:
        return ", how long is not known: a job among them never succeeded before"
    return f", for about {forecast.drain_seconds:.0f} s"


def _change(unit: "UnitChange") -> str:
    if not unit.changes:
        return f"{unit.unit}: nothing changes ({unit.on_disk})"
    lines = [f"{unit.unit}: {unit.served or '(not served)'} -> {unit.on_disk}"]
    lines += [f"  models: {unit.models}"] if unit.models and str(unit.models) else []
    lines += [f"  changeset: {each}{_mark(unit, each)}" for each in unit.changesets]
    return "\n".join(lines)


def _mark(unit: "UnitChange", changeset: str) -> str:
    return " (cannot be rolled back)" if changeset in unit.without_rollback else ""
