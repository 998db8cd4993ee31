"""Snowflake: the changelog lock as a lease in the lock table.

A session holds no lock there that would end with it, so the lock is Liquibase's row, taken by a conditional update. A
deploy of ours renews it from a second session; one that was killed does not, and after a while another may take it. All
times are the database's.
"""

# ruff: noqa: S608 - identifiers are quoted by `snowflake_tables`, values bound

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from data_platform.schema.errors import DatabaseError
from data_platform.schema.lock import Holder, Patience
from data_platform.schema.own_name import OURS, own_name
from data_platform.schema.snowflake_session import NotThereError, SnowflakeSession

LEASE = 300  # s without renewal after which a lease of ours is taken for dead
RENEWAL = 60.0  # s


class SnowflakeLock:
    """The lock of one changelog.

    Args:
        table: qualified name of the lock table.
        second_session: connects once more, for the renewals.
    """

    def __init__(self, session: SnowflakeSession, table: str, second_session: Callable[[], SnowflakeSession]) -> None:
        self.session = session
        self.table = table
        self.second_session = second_session
        self.name = f"{own_name()} {uuid.uuid4().hex[:12]}"
        self.lost = False
        self._renewed = 0.0

    @contextmanager
    def held(self, patience: Patience) -> Iterator[None]:
        """Hold the lock; see `Database.lock`."""
        patience.until(self.take, self.holder)
        stop = threading.Event()
        keeper = self.second_session()
        thread = threading.Thread(target=self._keep, args=(keeper, stop), name="changelog lock", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            keeper.close()
            self.release()

    def take(self) -> bool:
        """Take it if it is free, or its lease has run out; whether that worked."""
        self._renewed = time.monotonic()
        changed = self.session.change(
            f"UPDATE {self.table} SET LOCKED = TRUE, LOCKEDBY = %s, LOCKGRANTED = sysdate() WHERE ID = 1"
            " AND (LOCKED = FALSE OR (STARTSWITH(LOCKEDBY, %s) AND LOCKGRANTED < dateadd(second, %s, sysdate())))",
            (self.name, OURS, -LEASE),
        )
        return changed == 1

    def release(self) -> None:
        """Free it, if it is still ours."""
        self.session.query(f"{self._clear} WHERE ID = 1 AND LOCKEDBY = %s", (self.name,))

    def is_lost(self) -> bool:
        """Whether somebody else may have it by now."""
        return self.lost or time.monotonic() - self._renewed > LEASE

    def holder(self) -> Holder | None:
        """Who holds it by what the table says."""
        try:
            rows = self.session.query(f"SELECT LOCKEDBY, LOCKGRANTED FROM {self.table} WHERE LOCKED")
        except NotThereError:
            return None
        return Holder(rows[0][0] or "", rows[0][1], in_table=True) if rows else None

    def force_release(self, holder: Holder) -> bool:
        """Clear the row if it still says what `holder` says."""
        changed = self.session.change(
            f"{self._clear} WHERE LOCKED AND coalesce(LOCKEDBY, '') = %s AND LOCKGRANTED IS NOT DISTINCT FROM %s",
            (holder.who, holder.since),
        )
        return changed > 0

    @property
    def _clear(self) -> str:
        return f"UPDATE {self.table} SET LOCKED = FALSE, LOCKEDBY = NULL, LOCKGRANTED = NULL"

    def _keep(self, keeper: SnowflakeSession, stop: threading.Event) -> None:
        while not stop.wait(RENEWAL):
            began = time.monotonic()
            try:
                renewed = keeper.change(
                    f"UPDATE {self.table} SET LOCKGRANTED = sysdate() WHERE ID = 1 AND LOCKEDBY = %s", (self.name,)
                )
            except DatabaseError:
                continue  # tried again; the lease bears that for a while
            if not renewed:
                self.lost = True
                return
            self._renewed = began
