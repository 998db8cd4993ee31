"""Running a program while nothing of some code locations runs."""

import subprocess
from collections.abc import Callable, Sequence

from data_platform.gate.draining import drain
from data_platform.gate.errors import GateError
from data_platform.gate.hold import Hold
from data_platform.gate.holds import Holds
from data_platform.gate.lease import Lease
from data_platform.gate.line import Obstacle


def hold_during(
    holds: Holds,
    locations: Sequence[str],
    command: Sequence[str],
    *,
    reason: str,
    owner: str,
    link: str | None = None,
    patience: float = 1800.0,
    drain_limit: float = 600.0,
    waits: Callable[[Obstacle], None] = lambda _: None,
    told: Callable[[Sequence[Hold]], None] = lambda _: None,
) -> None:
    """Hold code locations, wait until nothing of them is in flight, run a command, and release.

    Args:
        locations, reason, owner, link, patience, waits: as for `Holds.acquire`.
        command: program and arguments; no shell sees them.
        drain_limit: seconds to wait for runs in flight.
        told: called when the holds are taken, to tell the runs that wait.

    Raises:
        ScopeBusyError: it was not its turn within the patience; nothing was run.
        GateError: runs were in flight still, so nothing was run; or the command failed, and the holds stay.
        HoldLostError: the holds were released by somebody else.
    """
    taken = holds.acquire(locations, reason=reason, owner=owner, link=link, patience=patience, waits=waits)
    numbers = [hold.id for hold in taken]
    with Lease(holds) as lease:
        lease.keep(numbers)
        try:
            told(taken)
            drain(holds, numbers, drain_limit)
        except BaseException:  # nothing was changed; an interrupt must not leave the holds behind
            _release(holds, numbers)
            raise
        lease.check()
        try:
            problem = _run(command)
        except BaseException:  # also an interrupt: the command may be half done
            _leave(holds, numbers)
            raise
        if problem:
            _leave(holds, numbers)
            released = " ".join(map(str, numbers))
            raise GateError(
                f"{command[0]} {problem}, so the runs wait on",
                fix=f"put it right, then `dp hold release {released} --force`",
                anchor="holds",
            )
        _release(holds, numbers)


def _run(command: Sequence[str]) -> str:
    """Run it; what went wrong, in words."""
    try:
        code = subprocess.run(list(command), check=False).returncode
    except OSError as error:
        return f"cannot be run ({error.strerror})"
    if code < 0:
        return f"was ended by signal {-code}"
    return f"ended with exit code {code}" if code else ""


def _release(holds: Holds, numbers: Sequence[int]) -> None:
    holds.release_all(numbers)


def _leave(holds: Holds, numbers: Sequence[int]) -> None:
    for number in numbers:
        holds.leave_behind(number)
