"""Reads PostgreSQL's catalogue: a query for each kind of object, all of one moment."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from data_platform.schema.catalogue import postgres_queries as queries
from data_platform.schema.catalogue.objects import Catalogue, Extension, Key, Routine, Schema, Sequence, Type
from data_platform.schema.catalogue.postgres_columns import read_column
from data_platform.schema.catalogue.relations import Constraint, Index, Table, Trigger, View
from data_platform.schema.catalogue.source import Source

_TYPE_KINDS = {"e": "enum", "d": "domain", "c": "composite"}
_CONSTRAINT_KINDS = {"p": "primary", "u": "unique", "f": "foreign", "c": "check", "x": "exclude"}
_Row = tuple[Any, ...]


def read_postgres(source: Source) -> Catalogue:
    """Read all of a PostgreSQL database's own objects.

    Raises:
        DatabaseError: a query failed.
    """
    source.query(queries.BEGIN)
    try:
        return _Reader(source).catalogue()
    finally:
        source.query("ROLLBACK")


class _Reader:
    def __init__(self, source: Source) -> None:
        self.query = source.query
        self.keys: dict[tuple[str, int], Key] = {}
        self.columns: dict[int, list[_Row]] = defaultdict(list)
        self.constraints: dict[int, list[Constraint]] = defaultdict(list)

    def catalogue(self) -> Catalogue:
        for table, *row in self.query(queries.COLUMNS):
            self.columns[table].append(tuple(row))
        for table, name, kind, definition, comment in self.query(queries.CONSTRAINTS):
            self.constraints[table].append(Constraint(name, _CONSTRAINT_KINDS[kind], definition, comment))
        schemas = tuple(Schema(*row) for _, *row in self.query(queries.SCHEMAS))
        types = tuple(self._types())
        sequences = tuple(self._sequences())
        relations = self.query(queries.TABLES)
        tables = tuple(self._table(row) for row in relations if row[3] in "rp")
        views = tuple(self._view(row) for row in relations if row[3] in "vm")
        return Catalogue(
            "postgresql",
            schemas=schemas,
            extensions=tuple(Extension(*row) for _, *row in self.query(queries.EXTENSIONS)),
            types=types,
            sequences=sequences,
            tables=tables,
            indexes=tuple(self._indexes()),
            views=views,
            routines=tuple(self._routines()),
            triggers=tuple(Trigger(*row) for row in self.query(queries.TRIGGERS)),
            others=tuple(text for (text,) in self.query(queries.OTHERS)),
            needs=self._needs(),
        )

    def _types(self) -> Iterable[Type]:
        for oid, schema, name, kind, definition, comment in self.query(queries.TYPES):
            self.keys["pg_type", oid] = ("type", f"{schema}.{name}")
            yield Type(schema, name, _TYPE_KINDS[kind], definition or "()", comment)

    def _sequences(self) -> Iterable[Sequence]:
        for oid, *row in self.query(queries.SEQUENCES):
            schema, name, kind, start, increment, low, high, cycle, cache, *owner, comment = row
            self.keys["pg_class", oid] = ("sequence", f"{schema}.{name}")
            owned_by = (owner[0], owner[1], owner[2]) if owner[2] else None
            yield Sequence(schema, name, kind, start, increment, low, high, cycle, cache, owned_by, comment)

    def _table(self, row: _Row) -> Table:
        oid, schema, name, _, persistence, options, bound, partition_by, parents, comment, _ = row
        self.keys["pg_class", oid] = ("table", f"{schema}.{name}")
        return Table(
            schema,
            name,
            columns=tuple(read_column(column) for column in self.columns[oid]),
            constraints=tuple(self.constraints[oid]),
            parents=tuple(parents),
            bound=bound,
            partition_by=partition_by,
            unlogged=persistence == "u",
            options=tuple(options),
            comment=comment,
        )

    def _view(self, row: _Row) -> View:
        oid, schema, name, kind, _, options, _, _, _, comment, text = row
        self.keys["pg_class", oid] = ("view", f"{schema}.{name}")
        comments = tuple((column[0], column[8]) for column in self.columns[oid] if column[8] is not None)
        return View(schema, name, text.strip().rstrip(";"), kind == "m", tuple(options), comment, comments)

    def _indexes(self) -> Iterable[Index]:
        for oid, *row in self.query(queries.INDEXES):
            self.keys["pg_class", oid] = ("index", f"{row[0]}.{row[1]}")
            yield Index(*row)

    def _routines(self) -> Iterable[Routine]:
        for oid, schema, name, arguments, kind, definition, comment in self.query(queries.ROUTINES):
            self.keys["pg_proc", oid] = ("routine", f"{schema}.{name}({arguments})")
            kind_name = "procedure" if kind == "p" else "function"
            yield Routine(schema, name, arguments, kind_name, definition.strip(), comment)

    def _needs(self) -> dict[Key, frozenset[Key]]:
        needs: dict[Key, set[Key]] = defaultdict(set)
        for catalog, oid, needed_catalog, needed_oid in self.query(queries.NEEDS):
            key, needed = self.keys.get((catalog, oid)), self.keys.get((needed_catalog, needed_oid))
            if key and needed and key != needed:
                needs[key].add(needed)
        return {key: frozenset(needed) for key, needed in needs.items()}
