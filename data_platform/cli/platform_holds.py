"""The platform's holds, as commands use them: whether the platform runs or not."""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from data_platform.environment import Environment

if TYPE_CHECKING:
    from data_platform.gate import Hold, Holds


@contextmanager
def platform_holds(environment: Environment) -> Iterator["Holds"]:
    """The platform's holds; the embedded database is started for the command if it does not run."""
    from data_platform.gate import holds_of_platform
    from data_platform.instance.address import URL_VARIABLE
    from data_platform.instance.embedded import EmbeddedPostgres

    # an interrupt that comes while it closes a connection would be logged with its traceback, and goes on all the same
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    if os.environ.get(URL_VARIABLE):
        yield holds_of_platform(environment)
        return
    with EmbeddedPostgres(environment.state).running():
        holds = holds_of_platform(environment)
        try:
            yield holds
        finally:
            holds.database.dispose()


def tell_waiting_runs(environment: Environment, holds: "Holds", taken: Sequence["Hold"]) -> None:
    """Write to the runs in the queue who holds them; Dagster is loaded only if there are any."""
    if not any(holds.waiting(hold.scope) for hold in taken):
        return
    os.environ.setdefault("DAGSTER_HOME", str(environment.dagster_home))
    from dagster import DagsterInstance

    from data_platform.gate import tell_waiting

    with DagsterInstance.get() as instance:
        tell_waiting(instance, holds, taken)
