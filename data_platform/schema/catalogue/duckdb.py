"""Reads DuckDB's catalogue."""

# ruff: noqa: S608 - only constants of the program are put together; values are bound

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from data_platform.schema.catalogue.duckdb_needs import needs, query_of_view
from data_platform.schema.catalogue.duckdb_text import column_text
from data_platform.schema.catalogue.objects import Catalogue, Key, Routine, Schema, Sequence, Type
from data_platform.schema.catalogue.relations import Column, Constraint, Index, Table, View
from data_platform.schema.catalogue.source import PLATFORM_SCHEMA, Source
from data_platform.schema.names import quoted

_KINDS = {"PRIMARY KEY": "primary", "UNIQUE": "unique", "FOREIGN KEY": "foreign", "CHECK": "check"}
_HERE = f"database_name = current_database() AND NOT internal AND schema_name <> '{PLATFORM_SCHEMA}'"
_Row = tuple[Any, ...]


def read_duckdb(source: Source) -> Catalogue:
    """Read all of a DuckDB database's own objects.

    Raises:
        DatabaseError: a query failed.
    """
    return _Reader(source).catalogue()


class _Reader:
    def __init__(self, source: Source) -> None:
        self.query = source.query
        self.columns: dict[tuple[str, str], list[_Row]] = defaultdict(list)
        self.bodies: list[tuple[Key, str]] = []

    def catalogue(self) -> Catalogue:
        for schema, table, *row in self.query(
            "SELECT schema_name, table_name, column_name, data_type, is_nullable, column_default, comment "
            f"FROM duckdb_columns() WHERE {_HERE} ORDER BY schema_name, table_name, column_index"
        ):
            self.columns[schema, table].append(tuple(row))
        schemas = self.query(
            "SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database() "
            f"AND schema_name NOT IN ('{PLATFORM_SCHEMA}', 'main', 'information_schema', 'pg_catalog') ORDER BY 1"
        )
        catalogue = Catalogue(
            "duckdb",
            schemas=tuple(Schema(name) for (name,) in schemas),
            types=tuple(self._types()),
            sequences=tuple(self._sequences()),
            tables=tuple(self._tables()),
            indexes=tuple(self._indexes()),
            views=tuple(self._views()),
            routines=tuple(self._macros()),
        )
        built_on = needs(catalogue, self.bodies, self.query)
        return replace(catalogue, needs=built_on, others=tuple(_not_told(catalogue)))

    def _types(self) -> Iterable[Type]:
        for schema, name, kind, comment in self.query(
            f"SELECT schema_name, type_name, logical_type, comment FROM duckdb_types() WHERE {_HERE} "
            "ORDER BY schema_name, type_name"
        ):
            # the catalogue has the parts of enums only
            ((definition,),) = self.query(f"SELECT typeof(NULL::{quoted(schema)}.{quoted(name)})")
            yield Type(schema, name, "enum" if kind == "ENUM" else "alias", definition, comment)

    def _sequences(self) -> Iterable[Sequence]:
        for schema, name, start, low, high, increment, cycle, comment in self.query(
            "SELECT schema_name, sequence_name, start_value, min_value, max_value, increment_by, cycle, comment "
            f"FROM duckdb_sequences() WHERE {_HERE.replace('AND NOT internal', 'AND NOT temporary')} "
            "ORDER BY schema_name, sequence_name"
        ):
            yield Sequence(schema, name, "BIGINT", start, increment, low, high, cycle, comment=comment)

    def _tables(self) -> Iterable[Table]:
        constraints: dict[tuple[str, str], list[Constraint]] = defaultdict(list)
        for schema, table, kind, text in self.query(
            "SELECT schema_name, table_name, constraint_type, constraint_text FROM duckdb_constraints() "
            f"WHERE database_name = current_database() AND schema_name <> '{PLATFORM_SCHEMA}' "
            "ORDER BY schema_name, table_name, constraint_index"
        ):
            if kind in _KINDS:
                constraints[schema, table].append(Constraint("", _KINDS[kind], text))
        for schema, name, sql, comment in self.query(
            f"SELECT schema_name, table_name, sql, comment FROM duckdb_tables() WHERE {_HERE} AND NOT temporary "
            "ORDER BY schema_name, table_name"
        ):
            texts = column_text(sql)
            columns = [_column(row, texts[at]) for at, row in enumerate(self.columns[schema, name])]
            ordered = sorted(constraints[schema, name], key=lambda each: (each.kind, each.definition))
            yield Table(schema, name, tuple(columns), tuple(ordered), comment=comment)

    def _indexes(self) -> Iterable[Index]:
        for schema, name, table, sql, comment in self.query(
            "SELECT schema_name, index_name, table_name, sql, comment FROM duckdb_indexes() "
            f"WHERE database_name = current_database() AND schema_name <> '{PLATFORM_SCHEMA}' "
            "ORDER BY schema_name, index_name"
        ):
            yield Index(schema, name, table, sql.rstrip(";"), comment=comment)

    def _views(self) -> Iterable[View]:
        for schema, name, sql, comment in self.query(
            f"SELECT schema_name, view_name, sql, comment FROM duckdb_views() WHERE {_HERE} AND NOT temporary "
            "ORDER BY schema_name, view_name"
        ):
            comments = tuple((row[0], row[4]) for row in self.columns[schema, name] if row[4] is not None)
            self.bodies.append((("view", f"{schema}.{name}"), query_of_view(sql)))
            yield View(schema, name, sql.rstrip().rstrip(";"), comment=comment, comments=comments)

    def _macros(self) -> Iterable[Routine]:
        overloads: dict[tuple[str, str], list[_Row]] = defaultdict(list)
        for schema, name, *row in self.query(
            "SELECT schema_name, function_name, function_type, parameters, macro_definition, comment "
            f"FROM duckdb_functions() WHERE {_HERE} AND macro_definition IS NOT NULL "
            "ORDER BY schema_name, function_name, len(parameters), parameters"
        ):
            overloads[schema, name].append(tuple(row))
        for (schema, name), rows in overloads.items():
            signatures = [f"({', '.join(map(quoted, parameters))})" for _, parameters, _, _ in rows]
            bodies = [
                f"{signature} AS {'TABLE ' if kind == 'table_macro' else ''}{definition}"
                for signature, (kind, _, definition, _) in zip(signatures, rows, strict=True)
            ]
            definition = f"CREATE MACRO {quoted(schema)}.{quoted(name)}{', '.join(bodies)}"
            arguments = "; ".join(", ".join(parameters) for _, parameters, _, _ in rows)
            key = ("routine", f"{schema}.{name}({arguments})")
            self.bodies += [(key, body if kind == "table_macro" else f"SELECT {body}") for kind, _, body, _ in rows]
            yield Routine(schema, name, arguments, "macro", definition, rows[0][3])


def _column(row: _Row, text: tuple[str | None, str | None]) -> Column:
    name, kind, nullable, default, comment = row
    collation, generated = text
    return Column(
        name,
        kind,
        nullable,
        default=None if generated else default,
        generated=generated,
        collation=collation,
        comment=comment,
    )


def _not_told(catalogue: Catalogue) -> Iterable[str]:
    for macro in catalogue.routines:
        if macro.arguments:
            yield f"defaults of the parameters of macro {macro.schema}.{macro.name}: DuckDB's catalogue lacks them"
