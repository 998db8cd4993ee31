"""Asks the platform, the warehouses and the disk for what a deployment would wait for and change."""

from collections.abc import Sequence

from data_platform.dbt.graph import read_graph
from data_platform.dbt.project import DbtError
from data_platform.deployments import runs
from data_platform.deployments.forecast import Forecast, ModelChanges, UnitChange, compare_graphs
from data_platform.deployments.schema_change import pending, schema_target
from data_platform.deployments.validation import Validated
from data_platform.errors import UsageError
from data_platform.gate import Holds
from data_platform.units.graphql import Webserver
from data_platform.units.location import served_version
from data_platform.units.versions import UnitVersions


def foresee(holds: Holds, address: str, scopes: Sequence[str], units: Sequence[Validated]) -> Forecast:
    """What a deployment would wait for and change. Touches nothing.

    Args:
        address: of the webserver.
        scopes: code locations that would be held, or `*`.
        units: whose versions on disk load.

    Raises:
        SchemaError: a changelog is wrong, or a warehouse cannot be reached.
        QueueError: the platform does not answer.
    """
    webserver = Webserver(address)
    changes = tuple(_change(webserver, found) for found in units)
    return Forecast(runs.in_flight(holds, scopes), runs.waiting(holds, scopes), changes)


def _change(webserver: Webserver, found: Validated) -> UnitChange:
    target = schema_target(found.unit)
    changesets, without = pending(target) if target else ([], [])
    return UnitChange(
        unit=found.unit.card.name,
        served=served_version(webserver, found.unit.card.name),
        on_disk=found.version,
        models=_models(found),
        changesets=tuple(changesets),
        without_rollback=tuple(without),
    )


def _models(found: Validated) -> ModelChanges | None:
    try:
        served = UnitVersions(found.unit.environment, found.unit.card.name).served()
        return compare_graphs(read_graph(served.project.graph_file), found.graph)
    except (FileNotFoundError, DbtError, UsageError):
        return None  # nothing is served that could be compared
