"""Where this platform's holds are: in the database of its Dagster."""

from data_platform.environment import Environment
from data_platform.gate.holds import Holds
from data_platform.instance.address import database_url
from data_platform.instance.connections import shared_database


def holds_of_platform(environment: Environment | None = None) -> Holds:
    """The holds of the platform of this process.

    Args:
        environment: defaults to the process's own.

    Raises:
        UsageError: the environment is unknown, or the address of the database is wrong.
    """
    return Holds(shared_database(database_url(environment=environment)))
