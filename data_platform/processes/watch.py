"""Standing by while the platform runs: telling of what ends by itself."""

import time
from collections.abc import Callable

from data_platform.processes.errors import ProcessesError
from data_platform.processes.folders import Folders
from data_platform.processes.keeper import running_keeper
from data_platform.processes.record import read_record
from data_platform.processes.stop import stop

_POLL_SECONDS = 1.0
Tell = Callable[[str], None]


def watch(folders: Folders, *, tell: Tell) -> None:
    """Return when somebody else has stopped the platform.

    Raises:
        ProcessesError: its keeper was killed; what it left has been stopped.
    """
    ends: dict[str, int] = {}
    while (keeper := running_keeper(folders)) is not None:
        try:
            programs = keeper.programs()
        except ProcessesError:
            continue  # it is going
        for name, kept in programs.items():
            if kept.ends > ends.get(name, 0 if ends else kept.ends):
                tell(f"{name} ended by itself and is being started again (its log: {folders.log(name)})")
            if kept.state == "FATAL" and ends.get(name) != kept.ends:
                tell(f"{name} was given up after many attempts; `dp up` tries again (its log: {folders.log(name)})")
        ends = {name: kept.ends for name, kept in programs.items()}
        time.sleep(_POLL_SECONDS)
    # whoever stops it removes the record at the end
    if read_record(folders) is not None and stop(folders, tell=tell):
        raise ProcessesError(
            "the process keeper was killed; what it left has been stopped",
            where=folders.log("keeper"),
            fix="`make up` starts the platform anew",
            anchor="processes",
        )
