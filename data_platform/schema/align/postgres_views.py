"""PostgreSQL's own form of a view's SQL: found by making the view where nobody sees it, and taking it back.

A view is tried under a name of its own among the session's temporary objects, which disturbs nobody. Only where what it
says may depend on something that this same plan changes first, all of that is done, and undone, in the transaction.
"""

from dataclasses import replace

from data_platform.schema.align.actual import Actual
from data_platform.schema.align.changes import (
    AddMember,
    Change,
    Create,
    Grant,
    Reassign,
    RemoveMember,
    Rename,
    Revoke,
)
from data_platform.schema.align.desired import Desired, Properties, Wanted
from data_platform.schema.align.names import Kind, Name, Target
from data_platform.schema.align.plan import kind_of, object_of
from data_platform.schema.align.planning import structure
from data_platform.schema.align.postgres_scratch_views import ScratchViews, undone
from data_platform.schema.align.postgres_sql import PostgresSql
from data_platform.schema.align.view_sql import takes_all_columns
from data_platform.schema.align.views import in_order, name_is_taken, wrong_definition
from data_platform.schema.errors import DatabaseError
from data_platform.schema.postgres_errors import LOCK_NOT_AVAILABLE, code_of
from data_platform.schema.postgres_session import Session

# whoever comes while we wait, waits for us
_HURRY = "SELECT set_config('lock_timeout', '1s', true) WHERE current_setting('lock_timeout')::interval > '1 s'"


def with_views(session: Session, sql: PostgresSql, desired: Desired, actual: Actual) -> Desired:
    """See `engine.Engine.with_views`."""
    wanted = [each for each in in_order(desired.of(Kind.VIEW)) if not name_is_taken(each, actual)]
    if not wanted:
        return desired
    trial = _Trial(session, sql, desired, actual)
    with undone(session):
        found = {each.target: trial.of(each) for each in wanted}
    objects = tuple(found.get(each.target, each) for each in desired.objects)
    return replace(desired, objects=objects)


class _Trial:
    """Views as they would be, found one after the other in the order in which they read each other."""

    def __init__(self, session: Session, sql: PostgresSql, desired: Desired, actual: Actual) -> None:
        self._session = session
        self._sql = sql
        self._views = ScratchViews(session, sql)
        self._actual = actual
        planned = structure(desired, actual)
        moving = any(isinstance(each.change, Rename | Create) and _holds_views(each.change.target) for each in planned)
        self._before = [each.change for each in planned if not _is_of_databases(each.change)] if moving else []
        # with whether each keeps the columns that it had
        self._changed: dict[Name, tuple[Wanted, bool]] = {}
        self._dialect = desired.dialect
        self._real = False

    def of(self, wanted: Wanted) -> Wanted:
        """The view with its SQL and columns as the database would tell them, and whether that is something else."""
        try:
            then = None if self._real or self._needs_others_first(wanted) else self._views.aside(wanted)
        except DatabaseError as error:
            if not (wanted.reads & self._changed.keys()):
                raise _refused(wanted, error) from error
            then = None  # it may read a column that is to come
        now = self._actual.objects.get(wanted.target)
        if then is None:
            self._make_real()
            now, then = self._replaced(wanted)
        # texts of before and after a rename are not comparable: what counts is the view as it is by then
        redefine = now is None or now.get("definition") != then["definition"]
        if redefine:
            grown = now is not None and _columns(then)[: len(_columns(now))] == _columns(now)
            self._changed[wanted.target.name] = wanted, grown
        return replace(wanted, redefine=redefine, properties={**wanted.properties, **_kept(then)})

    def _needs_others_first(self, wanted: Wanted) -> bool:
        if self._before:
            return True
        changed = [self._changed[name] for name in wanted.reads & self._changed.keys()]
        return bool(changed) and (
            not all(grown for _, grown in changed) or takes_all_columns(wanted.source, self._dialect)
        )

    def _replaced(self, wanted: Wanted) -> tuple[Properties | None, Properties]:
        try:
            return self._views.describe(wanted.target.name), self._views.in_place(wanted)
        except DatabaseError as error:
            raise _refused(wanted, error) from error

    def _make_real(self) -> None:
        if self._real:
            return
        self._real = True
        self._session.query(_HURRY)
        for change in self._before:
            for statement in self._sql.statements(change):
                try:
                    self._session.query(statement)
                except DatabaseError as error:
                    what = f"{kind_of(change)} {object_of(change)}: {error.what}"
                    raise DatabaseError(what, where=error.where, anchor=error.anchor) from error
        for wanted, _ in self._changed.values():
            self._replaced(wanted)


def _is_of_databases(change: Change) -> bool:
    """Databases are made outside of transactions, and no view needs another one."""
    return not isinstance(change, Reassign | Grant | Revoke | AddMember | RemoveMember) and (
        change.target.kind is Kind.DATABASE
    )


def _holds_views(target: Target) -> bool:
    return target.kind in (Kind.SCHEMA, Kind.VIEW)


def _columns(properties: Properties) -> tuple[str, ...]:
    found = properties.get("columns")
    return found if isinstance(found, tuple) else ()


def _kept(then: Properties) -> Properties:
    return {key: then[key] for key in ("definition", "columns")}


def _refused(wanted: Wanted, error: DatabaseError) -> Exception:
    if code_of(error) == LOCK_NOT_AVAILABLE:
        return DatabaseError(
            f"{wanted.target} cannot be tried: others are using it", where=error.where, fix="try again"
        )
    return wrong_definition(wanted, error)
