"""Pieces of PostgreSQL's SQL, quoted by psycopg2."""

from typing import TYPE_CHECKING

from data_platform.schema.align.names import Kind, Name

if TYPE_CHECKING:
    from psycopg2.sql import Composable


def compose(text: str, *parts: "Composable") -> "Composable":
    """SQL with each `{}` filled in."""
    from psycopg2.sql import SQL

    return SQL(text).format(*parts)


def identifier(name: Name) -> "Composable":
    """A name, quoted part by part."""
    from psycopg2.sql import Identifier

    return Identifier(*name)


def keyword(kind: Kind) -> "Composable":
    """What SQL calls a kind."""
    from psycopg2.sql import SQL

    return SQL(kind.upper())
