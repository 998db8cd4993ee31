"""How generated SQL writes names and texts: as a person would, quoted only where that is needed."""

import re

from data_platform.schema.names import literal, quoted

__all__ = ["literal", "qualified", "written"]

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)
# words that PostgreSQL or DuckDB keep for themselves, in some place at least
_RESERVED = {
    "all", "analyse", "analyze", "and", "anti", "any", "array", "as", "asc", "asof", "asymmetric", "at",
    "authorization", "between", "bigint", "binary", "bit", "boolean", "both", "by", "case", "cast", "char",
    "character", "check", "coalesce", "collate", "collation", "column", "columns", "concurrently", "constraint",
    "create", "cross", "current_catalog", "current_date", "current_role", "current_schema", "current_time",
    "current_timestamp", "current_user", "dec", "decimal", "default", "deferrable", "desc", "describe",
    "distinct", "do", "else", "end", "except", "exists", "extract", "false", "fetch", "float", "for", "foreign",
    "freeze", "from", "full", "generated", "glob", "grant", "greatest", "group", "grouping", "grouping_id",
    "having", "ilike", "in", "initially", "inner", "inout", "int", "integer", "intersect", "interval", "into",
    "is", "isnull", "join", "lambda", "lateral", "leading", "least", "left", "like", "limit", "localtime",
    "localtimestamp", "map", "national", "natural", "nchar", "none", "normalize", "not", "notnull", "null",
    "nullif", "numeric", "offset", "on", "only", "or", "order", "out", "outer", "overlaps", "overlay", "pivot",
    "pivot_longer", "pivot_wider", "placing", "position", "positional", "precision", "primary", "qualify",
    "real", "references", "returning", "right", "row", "select", "semi", "session_user", "setof", "show",
    "similar", "smallint", "some", "struct", "substring", "summarize", "symmetric", "table", "tablesample",
    "then", "time", "timestamp", "to", "trailing", "treat", "trim", "true", "try_cast", "tuple", "union",
    "unique", "unpack", "unpivot", "user", "using", "values", "varchar", "variadic", "verbose", "when", "where",
    "window", "with", "xmlattributes", "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces",
    "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable",
}  # fmt: skip


def written(name: str) -> str:
    """A name, in quotes only where it would mean something else without."""
    return name if _PLAIN.fullmatch(name) and name not in _RESERVED else quoted(name)


def qualified(schema: str, name: str) -> str:
    """A name with its schema."""
    return f"{written(schema)}.{written(name)}"
