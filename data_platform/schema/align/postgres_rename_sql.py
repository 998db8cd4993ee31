"""Another name or schema as PostgreSQL's SQL."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from data_platform.schema.align.names import Name, Target
from data_platform.schema.align.postgres_words import compose, identifier, keyword

if TYPE_CHECKING:
    from psycopg2.sql import Composable


def rename(target: Target, name: Name) -> Sequence["Composable"]:
    """Gives an object another name, and another schema where that differs.

    Args:
        target: the object under its old name.
        name: the whole new one.
    """
    old, kind = target.name, keyword(target.kind)

    def to(before: Name, last: str) -> "Composable":
        return compose("ALTER {} {} RENAME TO {}", kind, identifier(before), identifier((last,)))

    if old[:-1] == name[:-1]:
        return [to(old, name[-1])]
    move = "ALTER {} {} SET SCHEMA {}"
    if old[-1] == name[-1]:
        return [compose(move, kind, identifier(old), identifier(name[:-1]))]
    # neither its old name there nor its new name here need be free
    between = "dp_schema_align_moving"
    moved = compose(move, kind, identifier((*old[:-1], between)), identifier(name[:-1]))
    return [to(old, between), moved, to((*name[:-1], between), name[-1])]
