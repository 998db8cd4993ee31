"""How the platform is: its processes, its database and its code locations."""

from collections.abc import Sequence
from dataclasses import dataclass

from data_platform.processes.webserver import Location


@dataclass(frozen=True)
class ProcessStatus:
    """A program and the processes it consists of.

    Attributes:
        name: of the program; the keeper is one too.
        state: `running`, `restarting` (it ended and is about to be started again), `stopping`, `stopped`, `failed`
            (given up after many attempts), `gone` (its keeper was killed).
        pid: of its first process.
        uptime: of that process, in seconds.
        memory: proportional set size of all its processes, in bytes (resident size where the system has no such).
        restarts: how often it ended by itself since the platform was started.
        last_end: how long ago that was last, in seconds.
    """

    name: str
    state: str
    pid: int | None = None
    uptime: float | None = None
    memory: int | None = None
    restarts: int = 0
    last_end: float | None = None


@dataclass(frozen=True)
class PlatformStatus:
    """The platform as it is now.

    Attributes:
        running: whether its keeper runs; of a platform elsewhere, whether its webserver answers.
        address: of the user interface, if it was started.
        database: where the database is.
        database_problem: why it does not answer, or None.
        processes: the keeper and its programs; none of a platform elsewhere.
        locations: the code locations.
        problem: what is wrong with the platform as a whole, with what to do.
    """

    running: bool
    address: str | None = None
    database: str | None = None
    database_problem: str | None = None
    processes: Sequence[ProcessStatus] = ()
    locations: Sequence[Location] = ()
    problem: str | None = None

    @property
    def healthy(self) -> bool:
        """Whether everything runs and every code location is loaded."""
        return (
            self.running
            and not (self.problem or self.database_problem)
            and all(process.state == "running" for process in self.processes)
            and all(location.state == "loaded" for location in self.locations)
        )
