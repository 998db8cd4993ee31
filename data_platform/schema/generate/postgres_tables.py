"""PostgreSQL's tables as SQL."""

from collections.abc import Iterator, Mapping

from data_platform.schema.catalogue.objects import Catalogue, Key
from data_platform.schema.catalogue.relations import Column, Table
from data_platform.schema.generate.identifiers import qualified, written
from data_platform.schema.generate.pieces import Piece, comments

_Tables = Mapping[tuple[str, str], Table]


def table_piece(table: Table, catalogue: Catalogue, tables: _Tables) -> Piece:
    """A table with its columns, constraints but foreign keys, comments and the sequences that belong to it."""
    key: Key = ("table", f"{table.schema}.{table.name}")
    name = qualified(table.schema, table.name)
    owned = [each for each in catalogue.sequences if (each.owned_by or ())[:2] == (table.schema, table.name)]
    statements = [
        _create(table, name),
        *_apart_from_parent(table, name, tables),
        *(
            f"ALTER SEQUENCE {qualified(each.schema, each.name)} OWNED BY {name}.{written(each.owned_by[2])}"
            for each in owned
            if each.owned_by
        ),
        *_comments(table, name),
    ]
    needs = catalogue.needs.get(key, frozenset()) | {("sequence", f"{each.schema}.{each.name}") for each in owned}
    undo = (f"DROP TABLE {name}",)
    return Piece("tables", table.schema, f"table-{table.schema}.{table.name}", tuple(statements), undo, key, needs)


def foreign_keys(table: Table) -> Iterator[Piece]:
    """A table's foreign keys, which come when all tables and their indexes are there."""
    name = qualified(table.schema, table.name)
    for each in table.constraints:
        if each.kind == "foreign":
            key = written(each.name)
            said = comments([(f"CONSTRAINT {key} ON {name}", each.comment)])
            made = (f"ALTER TABLE {name} ADD CONSTRAINT {key} {each.definition}", *said)
            undo = (f"ALTER TABLE {name} DROP CONSTRAINT {key}",)
            yield Piece("foreign_keys", table.schema, f"key-{table.schema}.{table.name}.{each.name}", made, undo)


def _create(table: Table, name: str) -> str:
    lines = [_column(column) for column in table.columns if not column.inherited]
    lines += [
        f"CONSTRAINT {written(each.name)} {each.definition}" for each in table.constraints if each.kind != "foreign"
    ]
    inside = "(\n    " + ",\n    ".join(lines) + "\n)" if lines else "()"
    text = f"CREATE {'UNLOGGED ' if table.unlogged else ''}TABLE {name} "
    if table.bound is not None:
        text += f"PARTITION OF {table.parents[0]}{f' {inside}' if lines else ''} {table.bound}"
    else:
        text += inside + (f" INHERITS ({', '.join(table.parents)})" if table.parents else "")
    if table.partition_by:
        text += f" PARTITION BY {table.partition_by}"
    return text + (f" WITH ({', '.join(table.options)})" if table.options else "")


def _column(column: Column) -> str:
    text = f"{written(column.name)} {column.type}"
    if column.collation:
        text += f" COLLATE {column.collation}"
    if column.identity:
        text += f" GENERATED {column.identity.replace(' (', ' AS IDENTITY (', 1)}"
        text += "" if "(" in column.identity else " AS IDENTITY"
    if column.generated:
        text += f" GENERATED ALWAYS AS {column.generated}"
    if column.default is not None:
        text += f" DEFAULT {column.default}"
    return text + ("" if column.nullable else " NOT NULL")


def _apart_from_parent(table: Table, name: str, tables: _Tables) -> Iterator[str]:
    """Where a partition's, or an inherited, column is not as its parent has it."""
    parents = [each for each in tables.values() if qualified(each.schema, each.name) in table.parents]
    of_parents = {column.name: column for parent in parents for column in parent.columns}
    for column in table.columns:
        parent = of_parents.get(column.name)
        if not column.inherited or parent is None or column.generated or column.identity:
            continue
        altered = f"ALTER TABLE ONLY {name} ALTER COLUMN {written(column.name)}"
        if column.default != parent.default:
            yield f"{altered} " + (f"SET DEFAULT {column.default}" if column.default is not None else "DROP DEFAULT")
        if parent.nullable and not column.nullable:
            yield f"{altered} SET NOT NULL"


def _comments(table: Table, name: str) -> tuple[str, ...]:
    objects = [(f"TABLE {name}", table.comment)]
    objects += [(f"COLUMN {name}.{written(column.name)}", column.comment) for column in table.columns]
    objects += [
        (f"CONSTRAINT {written(each.name)} ON {name}", each.comment)
        for each in table.constraints
        if each.kind != "foreign"
    ]
    return comments(objects)
