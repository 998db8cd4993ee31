"""What DuckDB's tables, views and macros are built on. It keeps no record of that, but parses SQL for us."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from data_platform.schema.catalogue.objects import Catalogue, Key
from data_platform.schema.catalogue.relations import Table
from data_platform.schema.lint.cursor import Cursor
from data_platform.schema.lint.tokens import tokens
from data_platform.schema.names import literal

_NAMING = ("BASE_TABLE", "FUNCTION")
_Query = Callable[[str], list[tuple[Any, ...]]]
_Path = tuple[str, ...]


def needs(catalogue: Catalogue, bodies: Sequence[tuple[Key, str]], query: _Query) -> dict[Key, frozenset[Key]]:
    """What each object names.

    Args:
        bodies: queries of views and macros; expressions as `SELECT …`.
        query: runs SQL.
    """
    objects = _Objects(catalogue)
    texts = [*bodies, *(_of_tables(catalogue))]
    found: dict[Key, set[Key]] = {}
    for (key, _), path in _named(texts, query):
        found.setdefault(key, set()).update(objects.called(path))
    for table in catalogue.tables:
        key = ("table", f"{table.schema}.{table.name}")
        found.setdefault(key, set()).update(each for path in _referenced(table) for each in objects.called(path))
    return {key: frozenset(others - {key}) for key, others in found.items()}


def query_of_view(create_view: str) -> str:
    """What stands behind AS in DuckDB's own CREATE VIEW."""
    cursor = Cursor(tokens(create_view, dialect="duckdb"), "duckdb")
    cursor.until("AS")
    return create_view[cursor.token.end :]


class _Objects:
    def __init__(self, catalogue: Catalogue) -> None:
        self.by_name: dict[str, list[tuple[str, Key]]] = {}
        for kind, objects in (("table", catalogue.tables), ("view", catalogue.views)):
            for each in objects:
                self._add(each.schema, each.name, (kind, f"{each.schema}.{each.name}"))
        for macro in catalogue.routines:
            self._add(macro.schema, macro.name, ("routine", f"{macro.schema}.{macro.name}({macro.arguments})"))

    def _add(self, schema: str, name: str, key: Key) -> None:
        self.by_name.setdefault(name.lower(), []).append((schema.lower(), key))

    def called(self, path: _Path) -> list[Key]:
        """The objects of a name; without a schema any of them may be meant."""
        found = self.by_name.get(path[-1].lower(), [])
        return [key for schema, key in found if len(path) < 2 or schema == path[-2].lower()]


def _of_tables(catalogue: Catalogue) -> Iterator[tuple[Key, str]]:
    for table in catalogue.tables:
        key = ("table", f"{table.schema}.{table.name}")
        for column in table.columns:
            for expression in (column.default, column.generated):
                if expression is not None:
                    yield key, f"SELECT {expression}"
        for each in table.constraints:
            if each.kind == "check":
                yield key, f"SELECT {each.definition.removeprefix('CHECK')}"


def _named(texts: Sequence[tuple[Key, str]], query: _Query) -> Iterator[tuple[tuple[Key, str], _Path]]:
    """The names of tables, views and functions in each text; one that cannot be parsed has none."""
    if not texts:
        return
    values = ", ".join(f"({at}, {literal(text)})" for at, (_, text) in enumerate(texts))
    for at, parsed in query(f"SELECT number, json_serialize_sql(body) FROM (VALUES {values}) texts (number, body)"):  # noqa: S608 (numbers and quoted literals)
        for path in _paths(json.loads(parsed)):
            yield texts[at], path


def _paths(node: Any) -> Iterator[_Path]:
    if isinstance(node, dict):
        if node.get("type") in _NAMING:
            names = (node.get("schema_name") or node.get("schema"), node.get("table_name") or node.get("function_name"))
            yield tuple(name for name in names if name)
        for value in node.values():
            yield from _paths(value)
    elif isinstance(node, list):
        for value in node:
            yield from _paths(value)


def _referenced(table: Table) -> Iterator[_Path]:
    for each in table.constraints:
        if each.kind == "foreign":
            cursor = Cursor(tokens(each.definition, dialect="duckdb"), "duckdb")
            cursor.until("REFERENCES")
            cursor.at += 1
            parts = tuple(part.text for part in cursor.parts())
            yield parts if len(parts) > 1 else (table.schema, *parts)
