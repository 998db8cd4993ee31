"""Column lineage from compiled SQL, by sqlglot: only for the process that prepares a project (slow, large)."""

from collections.abc import Iterable, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node
from sqlglot.lineage import lineage as trace

Relation = tuple[str, str]  # schema, identifier; lower case


def column_lineage(
    sql: str, *, dialect: str, known: Mapping[Relation, Iterable[str]], keys: Mapping[Relation, str]
) -> tuple[list[str], dict[str, list[list[str]]]]:
    """Trace each output column of a query to the columns it comes from.

    Args:
        sql: one compiled SELECT.
        dialect: sqlglot's name of the SQL dialect.
        known: columns of each relation that may be read.
        keys: asset key of each relation.

    Returns:
        The output columns in order, and column -> list of [asset key, column]. Both empty where sqlglot
        cannot understand the query: lineage is a help for readers, never a reason to fail.
    """
    schema: dict[str, object] = {}
    for name, _ in known:
        tables = {table: dict.fromkeys(known[at, table], "unknown") for at, table in known if at == name}
        # sqlglot refuses a table without columns
        schema[name] = {table: columns for table, columns in tables.items() if columns}
    schema = {name: tables for name, tables in schema.items() if tables}
    try:
        query = sqlglot.parse_one(sql, dialect=dialect)
        for table in query.find_all(exp.Table):
            table.set("catalog", None)
        traced = trace(None, query, schema, dialect=dialect, copy=False, validate_qualify_columns=False)
    except (SqlglotError, ValueError, KeyError, RecursionError):
        return [], {}
    outputs = [column for column in traced if column != "*"]
    return outputs, {column: leaves for column in outputs if (leaves := _leaves(traced[column], keys))}


def _leaves(node: Node, keys: Mapping[Relation, str]) -> list[list[str]]:
    leaves: dict[tuple[str, str], None] = {}
    for part in node.walk():
        if isinstance(part.expression, exp.Table) and not part.downstream:
            key = keys.get((part.expression.db.lower(), part.expression.name.lower()))
            column = part.name.rpartition(".")[2].strip('"')
            if key and column != "*":  # a relation whose columns nobody told
                leaves[key, column] = None
    return [list(leaf) for leaf in leaves]
