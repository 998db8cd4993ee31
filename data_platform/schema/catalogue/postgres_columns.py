"""A column as PostgreSQL's catalogue tells it: how it is generated, and how it is numbered."""

from collections.abc import Sequence
from typing import Any

from data_platform.schema.catalogue.relations import Column

_STORED = {"s": "STORED", "v": "VIRTUAL"}


def read_column(row: Sequence[Any]) -> Column:
    """A column.

    Args:
        row: of `postgres_queries.COLUMNS`, without the table's number.
    """
    name, kind, nullable, default, identity, generated, collation, inherited, comment, *sequence = row
    return Column(
        name,
        kind,
        nullable,
        default=None if generated else default,
        identity=_identity(identity, kind, sequence) if identity else None,
        generated=f"({default}) {_STORED[generated]}" if generated else None,
        collation=collation,
        inherited=inherited,
        comment=comment,
    )


def _identity(kind: str, column_type: str, sequence: list[Any]) -> str:
    """How the column is numbered; options only where they are not the usual ones."""
    text = "ALWAYS" if kind == "a" else "BY DEFAULT"
    start, increment, low, high, cycle, cache = sequence
    if start is None:  # a partition, which takes its parent's
        return text
    usual_high = {"smallint": 2**15 - 1, "integer": 2**31 - 1}.get(column_type, 2**63 - 1)
    options = []
    if increment != 1:
        options.append(f"INCREMENT BY {increment}")
    if low != 1:
        options.append(f"MINVALUE {low}")
    if high != usual_high:
        options.append(f"MAXVALUE {high}")
    if start != (low if increment > 0 else high):
        options.append(f"START WITH {start}")
    if cache != 1:
        options.append(f"CACHE {cache}")
    if cycle:
        options.append("CYCLE")
    return f"{text} ({' '.join(options)})" if options else text
