"""The changelog lock: who holds it, and waiting for it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from data_platform.schema.errors import LockError

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock.

    Args:
        who: as it calls itself: `host (address)` of Liquibase, `dp schema deploy (host, pid)` of ours, or a process.
        since: on the database's clock; None when that cannot be told.
        in_table: whether it is written in the lock table, and stays there when its holder dies.
        session: number of the database session, or of the process, that holds it; None when that cannot be told.
    """

    who: str
    since: datetime | None = None
    in_table: bool = False
    session: int | None = None

    def __str__(self) -> str:
        since = f" since {self.since:%Y-%m-%d %H:%M:%S}" if self.since else ""
        return f"{self.who}{since}"


class Patience:
    """Waiting for a lock, up to a limit in all, however many things are waited for.

    Args:
        wait_seconds: the limit; 0 does not wait.
        where: the database, for the message.
        tell: is told once who holds the lock.
    """

    def __init__(self, wait_seconds: float, where: str, tell: Callable[[str], None]) -> None:
        self.wait_seconds = wait_seconds
        self.where = where
        self.tell = tell
        self._end = time.monotonic() + wait_seconds
        self._told = False

    def until(self, attempt: Callable[[], bool], holder: Callable[[], Holder | None]) -> None:
        """Try to take the lock until that succeeds.

        Args:
            attempt: tries once, without waiting.
            holder: is asked when a try failed.

        Raises:
            LockError: the time is up; says who holds it and what to do.
        """
        pause = _FIRST_PAUSE
        while not attempt():
            left = self._end - time.monotonic()
            if left <= 0:
                raise still_held(holder(), self.where, self.wait_seconds)
            if not self._told:
                self._told = True
                self.tell(f"waiting up to {self.wait_seconds:.0f} s for the changelog lock, held by {_named(holder())}")
            time.sleep(min(pause, left))
            pause = min(pause * 2, _LONGEST_PAUSE)


def still_held(holder: Holder | None, where: str, waited: float) -> LockError:
    """The error for a lock that is not free after so many seconds."""
    fix = "wait for that deploy, or end it: the lock is free as soon as its session ends"
    if holder is not None and holder.in_table:
        fix = "wait for that deploy; if it is dead, clear its lock with `dp schema unlock`"
    after = f" after {waited:.0f} s" if waited else ""
    return LockError(
        f"the changelog lock is still held{after} by {_named(holder)}", where=where, fix=fix, anchor="changelog-lock"
    )


def lost(where: str) -> LockError:
    """The error for a lock whose session was ended from outside."""
    return LockError("the changelog lock was lost", where=where, fix="deploy again", anchor="changelog-lock")


def _named(holder: Holder | None) -> str:
    return str(holder) if holder else "somebody else"
