"""What a deployment would wait for and change, as data. Pure: `foresee.py` asks, this decides."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any

from data_platform.dbt.graph import DbtGraph


@dataclass(frozen=True)
class InFlight:
    """A run that would be waited for.

    Attributes:
        seconds: since it started; 0 while it is being started.
        past: how long the job's last successful runs took, in seconds.
        between_steps: whether only its current step would be waited for.
    """

    run_id: str
    unit: str
    job: str
    status: str
    seconds: float
    past: tuple[float, ...] = ()
    between_steps: bool = False

    @property
    def remaining(self) -> float | None:
        """Seconds until it ends, if it takes as long as the median of the past; None when there is no past."""
        return max(0.0, median(self.past) - self.seconds) if self.past else None


@dataclass(frozen=True)
class ModelChanges:
    """dbt models, seeds and snapshots that differ, by asset key."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [
            f"{mark}{key}"
            for mark, keys in (("+", self.added), ("~", self.changed), ("-", self.removed))
            for key in keys
        ]
        return ", ".join(parts)


@dataclass(frozen=True)
class UnitChange:
    """What a deployment changes of one unit.

    Attributes:
        served: version that is served now; None when the unit does not load or is not served.
        on_disk: version that would be.
        models: None when no graph is being served that could be compared.
        changesets: schema changesets that would run, in their order.
        without_rollback: those of them that could not be taken back.
    """

    unit: str
    served: str | None
    on_disk: str
    models: ModelChanges | None = None
    changesets: tuple[str, ...] = ()
    without_rollback: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether there is anything to deploy."""
        return self.served != self.on_disk or bool(self.changesets)


@dataclass(frozen=True)
class Forecast:
    """What a deployment would wait for and change.

    Attributes:
        in_flight: runs that would be waited for, oldest first.
        waiting: runs in the queue, which would wait until the release.
        units: what changes.
    """

    in_flight: tuple[InFlight, ...]
    waiting: tuple[str, ...]
    units: tuple[UnitChange, ...]

    @property
    def drain_seconds(self) -> float | None:
        """How long the runs in flight will be waited for to their end; None when that cannot be told of one of them."""
        remaining = [run.remaining for run in self.in_flight if not run.between_steps]
        known = [seconds for seconds in remaining if seconds is not None]
        return max(known, default=0.0) if len(known) == len(remaining) else None

    def held_between_steps(self, run_ids: Collection[str]) -> "Forecast":
        """The same, where the next steps of some runs would wait."""
        runs = tuple(replace(run, between_steps=run.run_id in run_ids) for run in self.in_flight)
        return replace(self, in_flight=runs)

    def as_document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "drain_seconds": self.drain_seconds,
            "in_flight": [asdict(run) | {"remaining": run.remaining} for run in self.in_flight],
            "waiting": list(self.waiting),
            "units": [asdict(unit) | {"changes": unit.changes} for unit in self.units],
        }


def compare_graphs(served: DbtGraph, new: DbtGraph) -> ModelChanges:
    """Which models a new version of a dbt project adds, changes and removes.

    A model has changed when its code or configuration has, or where it stands in the lineage.
    """
    before = {model.key: (model.code_version, sorted(model.upstream)) for model in served.models}
    after = {model.key: (model.code_version, sorted(model.upstream)) for model in new.models}
    return ModelChanges(
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(key for key in after.keys() & before.keys() if after[key] != before[key])),
        removed=tuple(sorted(before.keys() - after.keys())),
    )


def runs_in_flight(
    rows: Sequence[Mapping[str, Any]], past: Mapping[tuple[str, str], Sequence[float]]
) -> tuple[InFlight, ...]:
    """Runs with what is known of their jobs.

    Args:
        rows: `run_id`, `unit`, `job`, `status` and `seconds` (None before it started).
        past: seconds of the last successful runs, by unit and job.
    """
    return tuple(
        InFlight(
            row["run_id"],
            row["unit"],
            row["job"],
            row["status"],
            max(0.0, float(row["seconds"] or 0.0)),
            tuple(past.get((row["unit"], row["job"]), ())),
        )
        for row in rows
    )
