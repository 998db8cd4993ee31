"""Waiting for the runs in flight under holds."""

import time
from collections.abc import Callable, Sequence

from data_platform.gate.errors import GateError
from data_platform.gate.holds import Holds

POLL_SECONDS = 0.25  # a drain looks at the runs in flight this often


def drain(
    holds: Holds,
    numbers: Sequence[int],
    limit: float,
    *,
    look: Callable[[], None] = lambda: None,
    tell: Callable[[str], None] = lambda _: None,
) -> None:
    """Wait until nothing is in flight under holds; from then on they are applying, and nothing runs.

    Args:
        numbers: of the holds.
        limit: seconds to wait at most.
        look: called before each look at the runs, and once when it is over.
        tell: is given a line whenever another number of runs is left.

    Raises:
        GateError: something is still in flight.
        HoldLostError: a hold expired or ended.
    """
    deadline, shown = time.monotonic() + limit, -1
    look()
    while not holds.to_applying(numbers):
        left = sum(len(holds.moving(number)) for number in numbers)
        if left != shown:
            tell(f"runs in flight: {left}")
            shown = left
        if time.monotonic() > deadline:
            raise GateError(
                f"runs were still in flight after {limit:.0f} s ({left}), so nothing was changed",
                fix="try again later, or with a longer --drain-limit",
                anchor="holds",
            )
        time.sleep(POLL_SECONDS)
        look()
    look()
