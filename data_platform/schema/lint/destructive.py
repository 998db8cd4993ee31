"""Rules about steps that lose data, or take away what somebody reads."""

from collections.abc import Iterator

from data_platform.schema.lint.actions import Create, DeleteAll, Drop, Rename, Truncate
from data_platform.schema.lint.alterations import AddColumn, AlterType, DropColumn, SetNotNull
from data_platform.schema.lint.names import Name
from data_platform.schema.lint.scene import Scene
from data_platform.schema.lint.types import keeps_values, sql_type

Found = tuple[str, str]

_HARMLESS = ("INDEX", "STATISTICS", "CAST")
# nothing is lost when these are dropped and made again
_WITHOUT_DATA = ("VIEW", "FUNCTION", "PROCEDURE", "ROUTINE", "MACRO", "MACRO TABLE", "TRIGGER", "POLICY", "RULE")
_REPLACED = ("TABLE", "SCHEMA", "DATABASE", "STAGE", "STREAM")


def check(scene: Scene) -> Iterator[Found]:
    """What a statement destroys.

    Yields:
        The rule, and what is wrong in one clause.
    """
    match scene.action:
        case Drop():
            yield from _drop(scene, scene.action)
        case Create():
            yield from _replace(scene, scene.action)
        case Rename():
            yield from _rename(scene, scene.action)
        case Truncate(tables=tables, how=how):
            for table in tables:
                if not scene.is_new("TABLE", table):
                    yield "truncate", f"{how} removes all rows of {table}"
        case DeleteAll(table=table):
            if not scene.is_new("TABLE", table):
                yield "delete-all", f"DELETE removes all rows of {table}"
        case AddColumn() | AlterType() | DropColumn() | SetNotNull():
            if not scene.is_new("TABLE", scene.action.table):
                yield from _column(scene)


def _column(scene: Scene) -> Iterator[Found]:
    match scene.action:
        case DropColumn(table=table, column=column):
            if not scene.is_new_column(table, column):
                yield "drop-column", f"{table}.{column} is dropped with its values"
        case AlterType(table=table, column=column, type=kind):
            yield from _narrow(scene, table, column, kind)
        case AddColumn(table=table, column=new):
            fills = new.identity or new.generated or not _is_null(new.default)
            if new.not_null and not fills:
                yield "not-null", f"the new column {table}.{new.name} is NOT NULL without a default: rows have none"
        case SetNotNull(table=table, column=column):
            if may_hold_null(scene, table, column):
                yield "not-null", f"{table}.{column} becomes NOT NULL, and nothing here fills the rows that have none"


def may_hold_null(scene: Scene, table: Name, column: str) -> bool:
    """Whether a column may be null somewhere, as far as the changelog tells."""
    known = scene.known(table)
    if scene.is_new("TABLE", table):
        return False
    if known is None:
        return True
    defined = known.columns.get(column)
    has_default = scene.is_new_column(table, column) and defined is not None and not _is_null(defined.default)
    return not (column in known.filled or column in known.never_null or has_default)


def _drop(scene: Scene, drop: Drop) -> Iterator[Found]:
    if drop.kind in _HARMLESS:
        return
    made_again = {(each.kind, each.name) for each in scene.later if isinstance(each, Create)}
    for name in drop.names:
        again = drop.kind.removeprefix("MATERIALIZED ") in _WITHOUT_DATA and (drop.kind, name) in made_again
        if not scene.is_new(drop.kind, name) and (drop.cascade or not again):
            cascade = " with all that depends on it" if drop.cascade else ""
            yield "drop-object", f"{drop.kind.lower()} {name} is dropped{cascade}"


def _replace(scene: Scene, create: Create) -> Iterator[Found]:
    if create.temporary or scene.is_new(create.kind, create.name):
        return
    is_table = create.kind.endswith("TABLE") and create.kind != "EXTERNAL TABLE"
    if create.replace and (is_table or create.kind in _REPLACED):
        yield "replace-table", f"CREATE OR REPLACE drops the {create.kind.lower()} {create.name} and what is in it"
    if create.alter and is_table:
        known = scene.known(create.name)
        if known is None or not known.columns:
            yield "replace-table", f"CREATE OR ALTER drops every column of {create.name} that it does not name"
            return
        named = {column.name: column for column in create.columns}
        for name in known.columns.keys() - named.keys():
            yield "drop-column", f"CREATE OR ALTER does not name {create.name}.{name}, which drops it"
        for name in known.columns.keys() & named.keys():
            yield from _narrow(scene, create.name, name, named[name].type)


def _narrow(scene: Scene, table: Name, column: str, kind: str) -> Iterator[Found]:
    old, new = scene.objects.column(table, column), sql_type(kind, scene.dialect)
    if old is not None and old.type:
        if not keeps_values(sql_type(old.type, scene.dialect), new):
            yield "narrow-type", f"{table}.{column} changes from {old.type} to {kind}, which not all values fit"
    elif not (new.base == "varchar" and not new.sizes):
        yield "narrow-type", f"{table}.{column} becomes {kind}; what it was is not in the changelog, values may not fit"


def _rename(scene: Scene, rename: Rename) -> Iterator[Found]:
    if rename.column is not None:
        if not scene.is_new_column(rename.name, rename.column):
            yield "rename", f"{rename.name}.{rename.column} is renamed to {rename.to.name}: who reads it fails"
        return
    stays = any(
        isinstance(each, Create) and each.kind.endswith("VIEW") and each.name == rename.name for each in scene.later
    )
    if not stays and not scene.is_new(rename.kind, rename.name):
        yield "rename", f"{rename.kind.lower()} {rename.name} is renamed to {rename.to}: who reads it fails"


def _is_null(default: object) -> bool:
    if not isinstance(default, tuple):
        return True
    return [token.word for token in default] == ["NULL"]
