"""Rules about what makes others wait on PostgreSQL."""

from collections.abc import Iterator, Sequence

from data_platform.schema.lint.actions import CreateIndex, Drop, OutsideTransaction, Rewrite
from data_platform.schema.lint.alterations import AddColumn, AddConstraint, AlterType, Column, SetNotNull
from data_platform.schema.lint.destructive import may_hold_null
from data_platform.schema.lint.names import Name
from data_platform.schema.lint.scene import Scene
from data_platform.schema.lint.tokens import Kind, Token
from data_platform.schema.lint.types import rewrites, sql_type

Found = tuple[str, str]

_ALL_WAIT = "everybody who reads or writes it waits"
# functions that give the same for all rows of one statement; what is not here may be volatile
_STABLE = {
    "now", "statement_timestamp", "transaction_timestamp", "date_trunc", "date_part", "extract", "timezone",
    "to_date", "to_timestamp", "to_char", "to_number", "coalesce", "nullif", "greatest", "least", "concat",
    "concat_ws", "format", "lower", "upper", "initcap", "trim", "btrim", "ltrim", "rtrim", "left", "right",
    "substring", "replace", "length", "md5", "encode", "decode", "abs", "round", "floor", "ceil", "ceiling",
    "trunc", "mod", "power", "sqrt", "row", "array", "cast", "jsonb_build_object", "jsonb_build_array",
    "json_build_object", "json_build_array", "to_json", "to_jsonb", "make_date", "make_time", "make_timestamp",
    "make_timestamptz", "make_interval", "age", "current_setting", "current_schema", "current_database",
    "current_timestamp", "current_time", "localtime", "localtimestamp", "int4range", "int8range", "numrange",
    "tsrange", "tstzrange", "daterange", "point", "box", "circle", "sha256", "hashtext",
}  # fmt: skip


def check(scene: Scene) -> Iterator[Found]:
    """Whom a statement keeps waiting.

    Yields:
        The rule, and what is wrong in one clause.
    """
    match scene.action:
        case CreateIndex(table=table, concurrently=False):
            if not scene.is_empty(table):
                yield "index-blocks-writes", f"writers of {table} wait until the index is built"
        case Drop(kind="INDEX", concurrently=False, names=names):
            for name in names:
                if not scene.is_new("INDEX", name):
                    yield "drop-index-blocks", f"DROP INDEX {name} waits for its table's readers, and new ones for it"
        case Rewrite(how=how, table=table):
            if table is None or not scene.is_empty(table):
                yield "table-rewrite", f"{how}{f' of {table}' if table else ''}: others wait until it is done"
        case OutsideTransaction(how=how):
            if scene.changeset.run_in_transaction:
                yield "transaction", f"PostgreSQL refuses {how} inside the changeset's transaction"
        case AddColumn() | AlterType() | AddConstraint() | SetNotNull():
            if not scene.is_empty(scene.action.table):
                yield from _definition(scene)


def _definition(scene: Scene) -> Iterator[Found]:
    match scene.action:
        case AddColumn(table=table, column=column):
            yield from _column(table, column)
        case AlterType(table=table, column=column, type=kind):
            yield from _type(scene, table, column, kind)
        case AddConstraint(table=table, kind=kind, at_once=True):
            if kind in ("UNIQUE", "PRIMARY", "EXCLUDE"):
                yield "unique-scan", _index_is_built(table)
            else:
                yield "constraint-scan", f"the new constraint reads all of {table} while its writers wait"
        case SetNotNull(table=table, column=column):
            known = scene.known(table)
            checked = known is not None and column in known.never_null
            if not checked and not may_hold_null(scene, table, column):
                yield "not-null-scan", f"SET NOT NULL reads all of {table} while {_ALL_WAIT}"


def _type(scene: Scene, table: Name, column: str, kind: str) -> Iterator[Found]:
    old = scene.objects.column(table, column)
    before = sql_type(old.type, scene.dialect) if old is not None and old.type else None
    if before is None or rewrites(before, sql_type(kind, scene.dialect)):
        verb = "writes" if before else "may write"
        yield "type-rewrite", f"another type of {table}.{column} {verb} the table anew: {_ALL_WAIT}"


def _column(table: Name, column: Column) -> Iterator[Found]:
    why = ""
    if column.identity:
        why = "is numbered"
    elif column.generated:
        why = "is computed"
    elif function := _volatile(column.default or ()):
        why = f"calls {function}()"
    if why:
        yield "volatile-default", f"{table}.{column.name} {why} for each row, which writes the table anew: {_ALL_WAIT}"
    if column.key:
        yield "unique-scan", _index_is_built(table)


def _index_is_built(table: Name) -> str:
    return f"the index of the new constraint of {table} is built while {_ALL_WAIT}"


def _volatile(default: Sequence[Token]) -> str | None:
    """The first function in an expression that may give something else for each row."""
    for at, token in enumerate(default[:-1]):
        is_call = token.kind in (Kind.WORD, Kind.QUOTED) and default[at + 1].is_symbol("(")
        before = default[at - 1] if at else None
        is_type = before is not None and (before.is_symbol("::") or before.word == "AS")
        if is_call and not is_type and token.text.lower() not in _STABLE:
            return token.text
    return None
