"""What a database consists of, as its catalogue tells: frozen, comparable, in a fixed order.

All texts are the database's own (it prints expressions and types in one way, whatever they were written like), so that
two catalogues of the same kind of database are equal when the databases are built alike.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from data_platform.schema.catalogue.relations import Index, Table, Trigger, View

Key = tuple[str, str]  # kind and qualified name, as `Catalogue.needs` names objects


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema."""

    name: str
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension of PostgreSQL."""

    name: str
    schema: str


@dataclass(frozen=True, slots=True)
class Type:
    """A type that somebody made.

    Args:
        kind: `enum`, `domain`, `composite` or `alias`.
        definition: what stands behind `CREATE TYPE name AS` or `CREATE DOMAIN name AS`.
    """

    schema: str
    name: str
    kind: str
    definition: str
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence by itself; those of identity columns are part of the column.

    Args:
        owned_by: schema, table and column with which it goes away, or None.
    """

    schema: str
    name: str
    type: str
    start: int
    increment: int
    minimum: int
    maximum: int
    cycle: bool
    cache: int = 1
    owned_by: tuple[str, str, str] | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Routine:
    """A function, a procedure, or a macro of DuckDB.

    Args:
        arguments: their types, which with the name are its signature.
        kind: `function`, `procedure` or `macro`.
        definition: the whole CREATE.
    """

    schema: str
    name: str
    arguments: str
    kind: str
    definition: str
    comment: str | None = None

    @property
    def body_hash(self) -> str:
        """SHA-256 of its definition, the first 16 hexadecimal digits."""
        return hashlib.sha256(self.definition.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Catalogue:
    """All objects of a database, but those of the system, of Liquibase and of the platform.

    Args:
        dbms: `postgresql`, `duckdb` or `snowflake`.
        others: what is there and is not read, one line each; does not count in comparisons.
        needs: what each object is built on; does not count in comparisons.
    """

    dbms: str
    schemas: tuple[Schema, ...] = ()
    extensions: tuple[Extension, ...] = ()
    types: tuple[Type, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    tables: tuple[Table, ...] = ()
    indexes: tuple[Index, ...] = ()
    views: tuple[View, ...] = ()
    routines: tuple[Routine, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    others: tuple[str, ...] = field(default=(), compare=False)
    needs: Mapping[Key, frozenset[Key]] = field(default_factory=dict, compare=False)
