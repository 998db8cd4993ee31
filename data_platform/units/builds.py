"""Building units: through the running platform's queue when it is up, in this process when it is not."""

import time
from collections.abc import Callable, Collection, Sequence

from data_platform.dbt.graph import DbtGraph
from data_platform.dbt.prepare import prepared
from data_platform.environment import Environment
from data_platform.errors import UsageError
from data_platform.units.build import BuildResult, build_order
from data_platform.units.in_process import build_in_process
from data_platform.units.location import JOB
from data_platform.units.queue import RunQueue
from data_platform.units.schedules import partition_tags
from data_platform.units.unit import Unit, find_units
from data_platform.units.versions import UnitVersions

POLL_SECONDS = 0.5
UNIT_TAG = "data_platform/unit"
Progress = Callable[[Sequence[BuildResult]], None]


def build_units(
    environment: Environment, names: Collection[str], *, address: str | None, progress: Progress
) -> list[BuildResult]:
    """Build units, each after those it reads.

    Args:
        environment: where.
        names: units to build; none means all.
        address: of the running platform; None builds in this process.
        progress: called again and again with the results so far.

    Raises:
        DataPlatformError: a unit is unknown, its card or dbt project is wrong, or the platform does not answer.
    """
    found = find_units(environment, names)
    units = {unit.card.name: _as_deployed(unit) if address is None else _as_served(unit) for unit in found}
    graphs = {name: prepared(unit.project) for name, unit in units.items()}
    reads = {name: {source.unit for source in graph.sources if source.unit} for name, graph in graphs.items()}
    results: list[BuildResult] = []
    for wave in build_order(reads):
        if address is None:
            for name in wave:
                results.append(BuildResult(name, status="started"))
                progress(results)
                build_in_process(units[name], results[-1], _tags(name, graphs[name]), lambda: progress(results))
        else:
            queue = RunQueue(address)
            for name in wave:
                queue.bring_up_to_date(name, units[name].version())  # an edited checkout
            _build_in_queue(queue, wave, graphs, results, progress)
    return results


def never_built(address: str, names: Collection[str]) -> list[str]:
    """Those of the units that no build of this command has ever built on the running platform."""
    queue = RunQueue(address)
    return [name for name in names if not queue.has_been_built({UNIT_TAG: name})]


def _as_served(unit: Unit) -> Unit:
    """The unit as its code server loads it.

    Raises:
        UsageError: it is served as it was deployed where people expect that edits count.
    """
    versions = UnitVersions(unit.environment, unit.card.name)
    if versions.pinned is None:
        versions.keep(unit)
        return unit
    if unit.environment.serves_checkout and versions.pinned != unit.version():
        name = unit.card.name
        raise UsageError(
            f"{name} is served as it was deployed, not as it is on disk",
            fix=f"`dp deploy {name}` deploys what is on disk, `dp deploy checkout {name}` serves the checkout again",
            anchor="deployments",
        )
    return versions.served()


def _as_deployed(unit: Unit) -> Unit:
    """The unit as it is on disk, for a build without the platform.

    Raises:
        UsageError: another version was deployed where deployed versions are served.
    """
    pinned = UnitVersions(unit.environment, unit.card.name).pinned
    if pinned is not None and pinned != unit.version() and not unit.environment.serves_checkout:
        name = unit.card.name
        raise UsageError(
            f"{name} on disk is not what was deployed, and only that is built in {unit.environment.name}",
            fix=f"start the platform and `dp deploy {name}`, or check out what was deployed",
            anchor="deployments",
        )
    return unit


def _build_in_queue(
    queue: RunQueue,
    wave: Sequence[str],
    graphs: dict[str, DbtGraph],
    results: list[BuildResult],
    progress: Progress,
) -> None:
    following = [queue.submit(name, JOB, _tags(name, graphs[name])) for name in wave]
    results.extend(following)
    cursors: dict[str, str | None] = {}
    while True:
        for result in following:
            if not result.ended:
                cursors[result.unit] = queue.follow(result, cursors.get(result.unit))
        progress(results)
        if all(result.ended for result in following):
            return
        time.sleep(POLL_SECONDS)


def _tags(name: str, graph: DbtGraph) -> dict[str, str]:
    return {UNIT_TAG: name, **partition_tags(graph)}
