"""Keeps a deployment's holds, and shows in the ledger that its deployer lives, from a thread of its own."""

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from data_platform.deployments.ledger import Ledger
from data_platform.errors import DataPlatformError
from data_platform.gate import RENEW_SECONDS, HoldLostError, Holds


class Lease:
    """A deployment's life: `with` begins and ends the thread.

    Args:
        deployment: its number.
    """

    def __init__(self, holds: Holds, ledger: Ledger, deployment: int) -> None:
        self.holds, self.ledger, self.deployment = holds, ledger, deployment
        self.numbers: tuple[int, ...] = ()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join(RENEW_SECONDS)

    def keep(self, numbers: Sequence[int]) -> None:
        """Renew these holds from now on."""
        self.numbers = tuple(numbers)

    def check(self) -> None:
        """Make sure that all holds are this deployment's still: before each step that changes something.

        Raises:
            HoldLostError: one expired or ended.
        """
        for number in self.numbers:
            self.holds.check(number)

    def _renew(self) -> None:
        while not self._done.wait(RENEW_SECONDS):
            try:
                self.ledger.seen(self.deployment)
                for number in self.numbers:
                    self.holds.renew(number)
            except HoldLostError:
                return  # the next check tells
            except DataPlatformError:
                continue  # the database is away; the hold lasts for a while
