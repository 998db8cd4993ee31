"""PostgreSQL's objects as SQL."""

from collections.abc import Iterator

from data_platform.schema.catalogue.objects import Catalogue, Key, Routine, Sequence, Type
from data_platform.schema.catalogue.relations import View
from data_platform.schema.generate.identifiers import qualified, written
from data_platform.schema.generate.pieces import Piece, comments
from data_platform.schema.generate.postgres_tables import foreign_keys, table_piece

_HIGHEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}
_STATES = {"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}


def pieces(catalogue: Catalogue) -> Iterator[Piece]:
    """All objects; `public` is there in every database."""
    for schema in catalogue.schemas:
        name = written(schema.name)
        said = comments([(f"SCHEMA {name}", schema.comment)])
        if schema.name != "public":
            made = (f"CREATE SCHEMA {name}", *said)
            yield Piece("schemas", "", f"schema-{schema.name}", made, (f"DROP SCHEMA {name}",))
        elif said:
            yield Piece("schemas", "", "schema-public", said, ())
    for extension in catalogue.extensions:
        made = (f"CREATE EXTENSION IF NOT EXISTS {written(extension.name)} SCHEMA {written(extension.schema)}",)
        undo = (f"DROP EXTENSION {written(extension.name)}",)
        yield Piece("extensions", "", f"extension-{extension.name}", made, undo)
    for each in catalogue.types:
        yield _type(each, catalogue)
    for sequence in catalogue.sequences:
        yield _sequence(sequence)
    tables = {(table.schema, table.name): table for table in catalogue.tables}
    for table in catalogue.tables:
        yield table_piece(table, catalogue, tables)
        yield from foreign_keys(table)
    for index in catalogue.indexes:
        if index.valid:
            key = ("index", f"{index.schema}.{index.name}")
            name = qualified(index.schema, index.name)
            said = comments([(f"INDEX {name}", index.comment)])
            needs = catalogue.needs.get(key, frozenset()) | _either(index.schema, index.table)
            made = (index.definition, *said)
            undo = (f"DROP INDEX {name}",)
            yield Piece("indexes", index.schema, f"index-{index.schema}.{index.name}", made, undo, key, needs)
    for view in catalogue.views:
        yield _view(view, catalogue)
    for routine in catalogue.routines:
        yield _routine(routine, catalogue)
    for trigger in catalogue.triggers:
        table_name = qualified(trigger.schema, trigger.table)
        state = _STATES.get(trigger.enabled)
        kept = (f"ALTER TABLE {table_name} {state} TRIGGER {written(trigger.name)}",) if state else ()
        undo = (f"DROP TRIGGER {written(trigger.name)} ON {table_name}",)
        name = f"trigger-{trigger.schema}.{trigger.table}.{trigger.name}"
        yield Piece("triggers", trigger.schema, name, (trigger.definition, *kept), undo)


def _either(schema: str, name: str) -> frozenset[Key]:
    return frozenset({("table", f"{schema}.{name}"), ("view", f"{schema}.{name}")})


def _type(each: Type, catalogue: Catalogue) -> Piece:
    key = ("type", f"{each.schema}.{each.name}")
    name = qualified(each.schema, each.name)
    what = "DOMAIN" if each.kind == "domain" else "TYPE"
    made = (f"CREATE {what} {name} AS {each.definition}", *comments([(f"{what} {name}", each.comment)]))
    undo = (f"DROP {what} {name}",)
    needs = catalogue.needs.get(key, frozenset())
    return Piece("types", each.schema, f"type-{each.schema}.{each.name}", made, undo, key, needs)


def _sequence(each: Sequence) -> Piece:
    name = qualified(each.schema, each.name)
    made = f"CREATE SEQUENCE {name} AS {each.type}"
    highest = _HIGHEST[each.type]
    rising = each.increment > 0
    low, high = (1, highest) if rising else (-highest - 1, -1)
    if each.increment != 1:
        made += f" INCREMENT BY {each.increment}"
    if each.minimum != low:
        made += f" MINVALUE {each.minimum}"
    if each.maximum != high:
        made += f" MAXVALUE {each.maximum}"
    if each.start != (each.minimum if rising else each.maximum):
        made += f" START WITH {each.start}"
    if each.cache != 1:
        made += f" CACHE {each.cache}"
    if each.cycle:
        made += " CYCLE"
    key = ("sequence", f"{each.schema}.{each.name}")
    said = comments([(f"SEQUENCE {name}", each.comment)])
    # its table's DROP may have taken it along
    undo = (f"DROP SEQUENCE IF EXISTS {name}",)
    return Piece("sequences", each.schema, f"sequence-{each.schema}.{each.name}", (made, *said), undo, key)


def _view(each: View, catalogue: Catalogue) -> Piece:
    key = ("view", f"{each.schema}.{each.name}")
    name = qualified(each.schema, each.name)
    what = "MATERIALIZED VIEW" if each.materialized else "VIEW"
    options = f" WITH ({', '.join(each.options)})" if each.options else ""
    columns = [(f"COLUMN {name}.{written(column)}", text) for column, text in each.comments]
    said = comments([(f"{what} {name}", each.comment), *columns])
    made = (f"CREATE {what} {name}{options} AS\n{each.definition}", *said)
    needs = catalogue.needs.get(key, frozenset())
    return Piece("views", each.schema, f"view-{each.schema}.{each.name}", made, (f"DROP {what} {name}",), key, needs)


def _routine(each: Routine, catalogue: Catalogue) -> Piece:
    key = ("routine", f"{each.schema}.{each.name}({each.arguments})")
    name = f"{each.kind.upper()} {qualified(each.schema, each.name)}({each.arguments})"
    # a body may name what comes later
    made = ("SET LOCAL check_function_bodies = off", each.definition, *comments([(name, each.comment)]))
    needs = catalogue.needs.get(key, frozenset())
    id_ = f"{each.kind}-{each.schema}.{each.name}"
    return Piece("functions", each.schema, id_, made, (f"DROP {name}",), key, needs, whole=True)
