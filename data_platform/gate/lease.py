"""Keeps holds for as long as something is done under them, from a thread of its own."""

import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from data_platform.errors import DataPlatformError
from data_platform.gate.errors import HoldLostError
from data_platform.gate.holds import RENEW_SECONDS, Holds


class Lease:
    """Somebody's life who has holds: `with` begins and ends the thread.

    Args:
        lives: called as often as holds are renewed, to show that elsewhere, too.
    """

    def __init__(self, holds: Holds, lives: Callable[[], None] = lambda: None) -> None:
        self.holds, self.lives = holds, lives
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
        """Make sure that all holds are still its own: before each step that changes something.

        Raises:
            HoldLostError: one expired or ended.
        """
        for number in self.numbers:
            self.holds.check(number)

    def _renew(self) -> None:
        while not self._done.wait(RENEW_SECONDS):
            try:
                self.lives()
                for number in self.numbers:
                    self.holds.renew(number)
            except HoldLostError:
                return  # the next check tells
            except DataPlatformError:
                continue  # the database is away; the hold lasts for a while
