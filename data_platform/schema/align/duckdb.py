"""DuckDB: schemas and views, all in one transaction; whoever has the file open keeps all others out."""

# ruff: noqa: S608 - what is put into these queries are constants of this library

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from data_platform.schema.address import Address
from data_platform.schema.align.actual import Actual
from data_platform.schema.align.changes import Change, Redefine
from data_platform.schema.align.desired import Desired, Value, Wanted
from data_platform.schema.align.dialects import DUCKDB
from data_platform.schema.align.duckdb_sql import literal, statements
from data_platform.schema.align.engine import Tell
from data_platform.schema.align.names import Kind, Target
from data_platform.schema.align.plan import Step
from data_platform.schema.align.planning import structure
from data_platform.schema.align.registry import CREATE_IF_MISSING, TABLE, record
from data_platform.schema.align.scope import Scope
from data_platform.schema.align.views import in_order, name_is_taken, wrong_definition
from data_platform.schema.duckdb_session import MEMORY, DuckDBSession, FileInUseError
from data_platform.schema.errors import DatabaseError, LockError

_HERE = "database_name = current_database() AND NOT internal"


class DuckDBEngine:
    """See `engine.Engine`."""

    dialect = DUCKDB

    def __init__(self, address: Address, *, writing: bool) -> None:
        file = address.path
        self.where = address.shown
        self.name = Path(file).name
        if not writing and not Path(file).exists():
            file = MEMORY  # looking at a file that is not there must not make it
        try:
            # views are tried in a transaction that is taken back, which a file opened for reading does not allow
            self.session = DuckDBSession(file, self.where, read_only=False)
        except FileInUseError as error:
            raise LockError(
                f"the file is in use by {error.holder}", where=self.where, fix="try again when it has finished"
            ) from None

    @contextmanager
    def locked(self, wait_seconds: float, tell: Tell) -> Iterator[None]:
        """See `Engine.locked`: having the file open is the lock."""
        yield

    @contextmanager
    def transaction(self, *, keep: bool) -> Iterator[None]:
        """See `Engine.transaction`."""
        self.session.query("BEGIN")
        try:
            yield
            if keep:
                self.session.commit()
        finally:
            self.session.rollback()

    def read(self, scope: Scope) -> Actual:
        """See `Engine.read`; names are compared without regard to case, as DuckDB does."""
        objects: dict[Target, dict[str, Value]] = {}
        for (schema,) in self.session.query(f"SELECT schema_name FROM duckdb_schemas() WHERE {_HERE}"):
            objects[Target(Kind.SCHEMA, (schema.lower(),))] = {"comment": ""}
        objects[Target(Kind.SCHEMA, ("main",))] = {"comment": ""}
        for schema, name in self.session.query(f"SELECT schema_name, table_name FROM duckdb_tables() WHERE {_HERE}"):
            objects[Target(Kind.TABLE, (schema.lower(), name.lower()))] = {}
        for schema, name, sql, comment in self.session.query(
            f"SELECT schema_name, view_name, sql, comment FROM duckdb_views() WHERE {_HERE} AND NOT temporary"
        ):
            view = Target(Kind.VIEW, (schema.lower(), name.lower()))
            objects[view] = {"definition": _definition(sql), "comment": comment or ""}
        whole = {name[0] for name in scope.whole}
        objects = {
            target: found
            for target, found in objects.items()
            if target in scope.objects or target.name in scope.relations or target.name[0] in whole
        }
        return Actual(self.name, "", objects, self._managed(scope))

    def with_views(self, desired: Desired, actual: Actual) -> Desired:
        """See `Engine.with_views`: every view is made, read, and taken back with the transaction."""
        for planned in structure(desired, actual):
            for statement in self.sql(planned.change):
                self.session.query(statement)
        views = [wanted for wanted in in_order(desired.of(Kind.VIEW)) if not name_is_taken(wanted, actual)]
        found = {wanted.target: self._tried(wanted) for wanted in views}
        return replace(desired, objects=tuple(found.get(each.target, each) for each in desired.objects))

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
        """See `Engine.run`."""
        for statement in (*step.sql, *step.bookkeeping):
            try:
                self.session.query(statement)
            except DatabaseError as error:
                raise DatabaseError(
                    f"{step.kind} {step.object}: {error.what}", where=error.where, anchor=error.anchor
                ) from error

    def close(self) -> None:
        """See `Engine.close`."""
        self.session.close()

    def _managed(self, scope: Scope) -> dict[Target, str]:
        there = self.session.query(
            f"SELECT 1 FROM duckdb_tables() WHERE {_HERE} AND schema_name || '.' || table_name = %s", (TABLE,)
        )
        rows = self.session.query(f"SELECT kind, name, alignment FROM {TABLE}") if there else []
        found = {}
        for kind, written, alignment in rows:
            target = Target(Kind(kind), self.dialect.name_of(Kind(kind), written))
            if alignment == scope.alignment or target in scope.objects:
                found[target] = alignment
        return found

    def _tried(self, wanted: Wanted) -> Wanted:
        try:
            for statement in self.sql(Redefine(wanted.target, {}, wanted.source)):
                self.session.query(statement)
        except DatabaseError as error:
            raise wrong_definition(wanted, error) from error
        ((sql,),) = self.session.query(
            f"SELECT sql FROM duckdb_views() WHERE {_HERE} AND lower(schema_name) = %s AND lower(view_name) = %s",
            wanted.target.name,
        )
        return replace(wanted, properties={**wanted.properties, "definition": _definition(sql)})


def _definition(sql: str) -> str:
    """The query of a view, without the name under which DuckDB tells it."""
    return sql.partition(" AS ")[2]
