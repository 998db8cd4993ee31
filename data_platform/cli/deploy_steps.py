"""`dp deploy --between-steps`: what needs Dagster's plans of runs."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from data_platform.environment import Environment
from data_platform.errors import UsageError

if TYPE_CHECKING:
    from data_platform.deployments.forecast import Forecast
    from data_platform.gate import Holds
    from data_platform.units.unit import Unit


def refuse_without_pools(units: "Sequence[Unit]") -> None:
    """Make sure that the steps of units can be held at all.

    Raises:
        UsageError: the steps of one need no pool.
    """
    for unit in units:
        if unit.pool is None:
            raise UsageError(
                f"the steps of {unit.card.name} cannot be held: on {unit.environment.warehouse} they need no pool",
                fix="deploy without --between-steps: runs in flight finish first",
                anchor="deployments",
            )


@contextmanager
def stopping(
    environment: Environment, holds: "Holds", *, wanted: bool, tell: Callable[[str], None]
) -> Iterator[Callable[[Sequence[int]], None]]:
    """What has runs in flight held between steps, given the numbers of holds; does nothing where that is not wanted."""
    if not wanted:
        yield lambda _: None
        return
    os.environ.setdefault("DAGSTER_HOME", str(environment.dagster_home))
    from dagster import DagsterInstance

    from data_platform.gate.between_steps import BetweenSteps

    with DagsterInstance.get() as instance:
        yield BetweenSteps(instance, holds, tell).stop


def with_steps_held(environment: Environment, forecast: "Forecast") -> "Forecast":
    """A forecast that knows which runs would be held between steps."""
    os.environ.setdefault("DAGSTER_HOME", str(environment.dagster_home))
    from dagster import DagsterInstance

    from data_platform.gate.between_steps import can_be_held

    with DagsterInstance.get() as instance:
        return forecast.held_between_steps(can_be_held(instance, [run.run_id for run in forecast.in_flight]))
