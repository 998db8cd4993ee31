"""Snowflake: each statement commits by itself, so a failed alignment is continued by the next one.

Reading goes through SHOW; the SQL is compared with recorded texts. Nothing here is verified against an account.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from data_platform.schema.align.actual import Actual
from data_platform.schema.align.changes import Change
from data_platform.schema.align.desired import Desired, Wanted
from data_platform.schema.align.dialects import SNOWFLAKE
from data_platform.schema.align.engine import Tell
from data_platform.schema.align.names import Kind
from data_platform.schema.align.plan import Step
from data_platform.schema.align.registry import CREATE_IF_MISSING, SCHEMA, TABLE, record
from data_platform.schema.align.scope import Scope
from data_platform.schema.align.snowflake_reading import read
from data_platform.schema.align.snowflake_sql import literal, statements
from data_platform.schema.align.view_sql import same_tokens
from data_platform.schema.errors import DatabaseError
from data_platform.schema.snowflake_session import SnowflakeSession


class SnowflakeEngine:
    """See `engine.Engine`."""

    dialect = SNOWFLAKE

    def __init__(self, session: SnowflakeSession) -> None:
        self.session = session
        self.where = session.where

    @property
    def name(self) -> str:
        """See `Engine.name`."""
        ((account, database),) = self.session.query("SELECT CURRENT_ACCOUNT(), CURRENT_DATABASE()")
        return f"{account}/{database}"

    @contextmanager
    def locked(self, wait_seconds: float, tell: Tell) -> Iterator[None]:
        """See `Engine.locked`: Snowflake has no lock that ends with its holder; run one alignment at a time."""
        yield

    @contextmanager
    def transaction(self, *, keep: bool) -> Iterator[None]:
        """See `Engine.transaction`: Snowflake commits each change by itself."""
        yield

    def read(self, scope: Scope) -> Actual:
        """See `Engine.read`."""
        ((applier,),) = self.session.query("SELECT CURRENT_ROLE()")
        return read(self.show, scope, name=self.name, applier=str(applier), managed=self._managed())

    def show(self, statement: str) -> list[Mapping[str, Any]]:
        """Rows of a SHOW statement, by column."""
        rows = self.session.query(statement)
        columns = [column.lower() for column in self.session.columns()]
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def with_views(self, desired: Desired, actual: Actual) -> Desired:
        """See `Engine.with_views`: Snowflake keeps the text as it was written, so texts are compared word by word."""
        return with_texts(desired)

    def sql(self, change: Change) -> Sequence[str]:
        """See `Engine.sql`."""
        return statements(change)

    def bookkeeping(self, change: Change, alignment: str) -> Sequence[str]:
        """See `Engine.bookkeeping`."""
        return record(change, alignment, self.dialect, literal)

    def make_registry(self) -> None:
        """See `Engine.make_registry`."""
        for statement in CREATE_IF_MISSING:
            self.session.query(statement)

    def run(self, step: Step, *, alone: bool = False) -> None:
        """See `Engine.run`: what is made is recorded first, what is dropped is forgotten after."""
        made = step.kind.startswith("create")
        for statement in (*step.bookkeeping, *step.sql) if made else (*step.sql, *step.bookkeeping):
            try:
                self.session.query(statement)
            except DatabaseError as error:
                raise DatabaseError(
                    f"{step.kind} {step.object}: {error.what}",
                    where=error.where,
                    fix="the steps before it stay; correct it and apply again",
                    anchor=error.anchor,
                ) from error

    def close(self) -> None:
        """See `Engine.close`."""
        self.session.close()

    def _managed(self) -> list[tuple[str, str, str]]:
        there = [row for row in self.show("SHOW TABLES LIKE 'ALIGNED_OBJECTS'") if row["schema_name"] == SCHEMA.upper()]
        rows = self.session.query(f"SELECT kind, name, alignment FROM {TABLE}") if there else []  # noqa: S608 (a constant)
        return [(str(kind), str(name), str(alignment)) for kind, name, alignment in rows]


def with_texts(desired: Desired) -> Desired:
    """The desired state with the SQL of views in the form in which texts are compared."""

    def compared(wanted: Wanted) -> Wanted:
        if wanted.target.kind is not Kind.VIEW or not wanted.source:
            return wanted
        return replace(
            wanted, properties={**wanted.properties, "definition": same_tokens(wanted.source, desired.dialect)}
        )

    return replace(desired, objects=tuple(map(compared, desired.objects)))
