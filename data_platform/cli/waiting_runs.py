"""What becomes of the runs that waited for a deployment."""

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from data_platform.environment import Environment

if TYPE_CHECKING:
    from data_platform.gate import Hold, Holds


def sort_out_waiting_runs(
    environment: Environment,
    holds: "Holds",
    deployment: int,
    taken: Sequence["Hold"],
    tell: Callable[[str], None],
) -> None:
    """Submit runs in the queue anew, or cancel them, where they do not fit what is served now.

    Dagster is loaded only if there are any. What goes wrong is told: it is no reason to take a deployment back.

    Raises:
        HoldLostError: one of the holds expired or ended.
    """
    from data_platform.gate import HoldLostError
    from data_platform.processes import Folders

    if not any(holds.waiting(hold.scope) for hold in taken):
        return
    os.environ.setdefault("DAGSTER_HOME", str(environment.dagster_home))
    from dagster import DagsterInstance

    from data_platform.requeue.after_deployment import sort_out

    try:
        with DagsterInstance.get() as instance:
            counts = sort_out(instance, taken, Folders(environment.state).workspace, deployment, tell)
    except HoldLostError:
        raise
    except Exception as error:  # whatever it is, it must not undo a deployment that works
        tell(f"the runs that wait are left as they are: {str(error).strip() or type(error).__name__}")
    else:
        tell("runs that waited: " + ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
