"""PostgreSQL: everything is one transaction, but the coming and going of databases."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from data_platform.schema.address import Address
from data_platform.schema.align.actual import Actual
from data_platform.schema.align.changes import Change
from data_platform.schema.align.desired import Desired
from data_platform.schema.align.dialects import postgresql
from data_platform.schema.align.engine import Tell
from data_platform.schema.align.plan import Step
from data_platform.schema.align.postgres_reading import read
from data_platform.schema.align.postgres_sql import PostgresSql
from data_platform.schema.align.postgres_views import with_views
from data_platform.schema.align.registry import CREATE, SCHEMA, TABLE, record
from data_platform.schema.align.scope import Scope
from data_platform.schema.errors import DatabaseError, LockError
from data_platform.schema.postgres_errors import LOCK_NOT_AVAILABLE, code_of
from data_platform.schema.postgres_session import Session

OURS = "dp schema align"
_KEY = int.from_bytes(hashlib.sha256(OURS.encode()).digest()[:8], "big", signed=True)
# a change that cannot begin keeps everybody behind it waiting: better give up and try again
_LOCK_TIMEOUT = "5s"
# without a search path names mean what they say, whoever connects; a lock_timeout that somebody has set stays
_BEGIN = f"""BEGIN; SET LOCAL search_path = '';
SELECT set_config('lock_timeout', '{_LOCK_TIMEOUT}', true) WHERE current_setting('lock_timeout') = '0'"""


class PostgresEngine:
    """See `engine.Engine`."""

    def __init__(self, address: Address) -> None:
        self.session = Session(address)
        self.where = address.shown
        self.session.query(f"SET application_name = '{OURS}'")
        self.dialect = postgresql(self.session.connection.server_version)
        self._sql = PostgresSql(self.session.connection, self.dialect.version)

    @property
    def name(self) -> str:
        """See `Engine.name`."""
        return str(self.session.connection.info.dbname)

    @contextmanager
    def locked(self, wait_seconds: float, tell: Tell) -> Iterator[None]:
        """See `Engine.locked`: an advisory lock of the session."""
        self.session.guard()
        until, told = time.monotonic() + wait_seconds, False
        # trying again and again holds no snapshot, as waiting in the database would
        while not self.session.query("SELECT pg_catalog.pg_try_advisory_lock(%s)", (_KEY,))[0][0]:
            holder = self._holder()
            if time.monotonic() > until:
                raise LockError(
                    f"another alignment of this database still runs after {wait_seconds:.0f} s: {holder}",
                    where=self.where,
                    fix="wait for it; the lock is free as soon as its session ends",
                    anchor="alignment",
                )
            if not told:
                tell(f"waiting up to {wait_seconds:.0f} s for another alignment: {holder}")
                told = True
            time.sleep(0.1)
        try:
            yield
        finally:
            self.session.end_transaction()
            if not self.session.connection.closed:
                self.session.query("SELECT pg_catalog.pg_advisory_unlock(%s)", (_KEY,))

    @contextmanager
    def transaction(self, *, keep: bool) -> Iterator[None]:
        """See `Engine.transaction`."""
        self.session.query(_BEGIN)
        try:
            yield
            if keep:
                self.session.query("COMMIT")
        finally:
            self.session.end_transaction()

    def read(self, scope: Scope) -> Actual:
        """See `Engine.read`."""
        return read(self.session, scope, self.dialect)

    def with_views(self, desired: Desired, actual: Actual) -> Desired:
        """See `Engine.with_views`."""
        return with_views(self.session, self._sql, desired, actual)

    def sql(self, change: Change) -> Sequence[str]:
        """See `Engine.sql`."""
        return self._sql.statements(change)

    def bookkeeping(self, change: Change, alignment: str) -> Sequence[str]:
        """See `Engine.bookkeeping`."""
        return record(change, alignment, self.dialect, self._sql.literal)

    def make_registry(self) -> None:
        """See `Engine.make_registry`."""
        if self.session.query("SELECT pg_catalog.to_regclass(%s) IS NULL", (TABLE,))[0][0]:
            if self.session.query("SELECT pg_catalog.to_regnamespace(%s) IS NULL", (SCHEMA,))[0][0]:
                self.session.query(f"CREATE SCHEMA {SCHEMA}")
            self.session.query(CREATE)

    def run(self, step: Step, *, alone: bool = False) -> None:
        """See `Engine.run`: what is alone is recorded before it is made, and forgotten after it is gone."""
        verb = step.kind.partition(" ")[0]
        statements = [*step.bookkeeping, *step.sql] if alone and verb == "create" else [*step.sql, *step.bookkeeping]
        if alone and verb == "rename":
            statements = ["BEGIN", *statements, "COMMIT"]
        for statement in statements:
            try:
                self.session.query(statement)
            except DatabaseError as error:
                self.session.end_transaction()
                raise _failed(step, error) from error

    def close(self) -> None:
        """See `Engine.close`."""
        self.session.close()

    def _holder(self) -> str:
        rows = self.session.query(
            "SELECT a.pid, a.usename, a.application_name, a.backend_start::timestamp(0) FROM pg_catalog.pg_locks l"
            " JOIN pg_catalog.pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted"
            " AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
            " AND l.objsubid = 1 AND l.pid <> pg_backend_pid() AND l.classid = %s AND l.objid = %s",
            ((_KEY >> 32) & 0xFFFFFFFF, _KEY & 0xFFFFFFFF),
        )
        if not rows:
            return "somebody who has just finished"
        pid, user, program, since = rows[0]
        return f"{program or 'a program'} of {user}, session {pid}, since {since}"


def _failed(step: Step, error: DatabaseError) -> DatabaseError:
    busy = code_of(error) == LOCK_NOT_AVAILABLE
    what = "others are using it" if busy else error.what
    return DatabaseError(
        f"{step.kind} {step.object}: {what}",
        where=error.where,
        fix="nothing of it stays; apply again when they have finished" if busy else error.fix,
        anchor=error.anchor,
    )
