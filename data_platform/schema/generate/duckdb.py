"""DuckDB's objects as SQL."""

from collections.abc import Iterator

from data_platform.schema.catalogue.objects import Catalogue
from data_platform.schema.catalogue.relations import Column, Table
from data_platform.schema.generate.identifiers import qualified, written
from data_platform.schema.generate.pieces import Piece, comments


def pieces(catalogue: Catalogue) -> Iterator[Piece]:
    """All objects; foreign keys are part of their table, as they cannot be added later."""
    for schema in catalogue.schemas:
        name = written(schema.name)
        yield Piece("schemas", "", f"schema-{schema.name}", (f"CREATE SCHEMA {name}",), (f"DROP SCHEMA {name}",))
    for kind in catalogue.types:
        name = qualified(kind.schema, kind.name)
        made = (f"CREATE TYPE {name} AS {kind.definition}", *comments([(f"TYPE {name}", kind.comment)]))
        yield Piece("types", kind.schema, f"type-{kind.schema}.{kind.name}", made, (f"DROP TYPE {name}",))
    for each in catalogue.sequences:
        name = qualified(each.schema, each.name)
        text = f"CREATE SEQUENCE {name} INCREMENT BY {each.increment} MINVALUE {each.minimum} MAXVALUE {each.maximum}"
        text += f" START WITH {each.start}{' CYCLE' if each.cycle else ''}"
        made = (text, *comments([(f"SEQUENCE {name}", each.comment)]))
        undo = (f"DROP SEQUENCE {name}",)
        yield Piece("sequences", each.schema, f"sequence-{each.schema}.{each.name}", made, undo)
    for table in catalogue.tables:
        yield _table(table, catalogue)
    for index in catalogue.indexes:
        name = qualified(index.schema, index.name)
        made = (index.definition, *comments([(f"INDEX {name}", index.comment)]))
        undo = (f"DROP INDEX {name}",)
        yield Piece("indexes", index.schema, f"index-{index.schema}.{index.name}", made, undo)
    for view in catalogue.views:
        key = ("view", f"{view.schema}.{view.name}")
        name = qualified(view.schema, view.name)
        columns = [(f"COLUMN {name}.{written(column)}", text) for column, text in view.comments]
        made = (view.definition, *comments([(f"VIEW {name}", view.comment), *columns]))
        undo = (f"DROP VIEW {name}",)
        needs = catalogue.needs.get(key, frozenset())
        yield Piece("views", view.schema, f"view-{view.schema}.{view.name}", made, undo, key, needs)
    for macro in catalogue.routines:
        key = ("routine", f"{macro.schema}.{macro.name}({macro.arguments})")
        name = qualified(macro.schema, macro.name)
        what = "MACRO TABLE" if " AS TABLE " in macro.definition else "MACRO"
        made = (macro.definition, *comments([(f"{what} {name}", macro.comment)]))
        undo = (f"DROP {what} {name}",)
        needs = catalogue.needs.get(key, frozenset())
        yield Piece("functions", macro.schema, f"macro-{macro.schema}.{macro.name}", made, undo, key, needs)


def _table(table: Table, catalogue: Catalogue) -> Piece:
    key = ("table", f"{table.schema}.{table.name}")
    name = qualified(table.schema, table.name)
    lines = [*map(_column, table.columns), *(each.definition for each in table.constraints)]
    said = [(f"TABLE {name}", table.comment)]
    said += [(f"COLUMN {name}.{written(column.name)}", column.comment) for column in table.columns]
    made = (f"CREATE TABLE {name} (\n    " + ",\n    ".join(lines) + "\n)", *comments(said))
    needs = catalogue.needs.get(key, frozenset())
    undo = (f"DROP TABLE {name}",)
    return Piece("tables", table.schema, f"table-{table.schema}.{table.name}", made, undo, key, needs)


def _column(column: Column) -> str:
    text = f"{written(column.name)} {column.type}"
    if column.generated:
        return f"{text} GENERATED ALWAYS AS {column.generated}"
    if column.collation:
        text += f" COLLATE {column.collation}"
    if column.default is not None:
        text += f" DEFAULT ({column.default})"
    return text + ("" if column.nullable else " NOT NULL")
