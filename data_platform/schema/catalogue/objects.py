"""What a database consists of, as its catalogue tells: frozen, comparable, in a fixed order.

All texts are the database's own (it prints expressions and types in one way, whatever they were written like), so that
two catalogues of the same kind of database are equal when the databases are built alike.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

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
class Column:
    """A column.

    Args:
        identity: `ALWAYS`, or `BY DEFAULT`, with the options of its sequence; None without.
        generated: expression and storage of a generated column, e.g. `(a * 2) STORED`.
        collation: quoted name, where it is not the type's own.
        inherited: whether a parent table defines it.
    """

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    identity: str | None = None
    generated: str | None = None
    collation: str | None = None
    inherited: bool = False
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint of a table.

    Args:
        name: empty on DuckDB, which names them itself.
        kind: `primary`, `unique`, `foreign`, `check` or `exclude`.
        definition: its text without `CONSTRAINT name`.
    """

    name: str
    kind: str
    definition: str
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Args:
        parents: qualified and quoted names of the tables it inherits from, or is a partition of.
        bound: of a partition, e.g. `FOR VALUES IN (1)`.
        partition_by: of a partitioned table, e.g. `LIST (a)`.
        unlogged: PostgreSQL's UNLOGGED.
        options: storage parameters, e.g. `fillfactor=70`.
    """

    schema: str
    name: str
    columns: tuple[Column, ...]
    constraints: tuple[Constraint, ...] = ()
    parents: tuple[str, ...] = ()
    bound: str | None = None
    partition_by: str | None = None
    unlogged: bool = False
    options: tuple[str, ...] = ()
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """An index that is not a constraint's.

    Args:
        definition: the whole CREATE INDEX.
        valid: False for what a failed CREATE INDEX CONCURRENTLY left.
    """

    schema: str
    name: str
    table: str
    definition: str
    valid: bool = True
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A view.

    Args:
        definition: its query; on DuckDB the whole CREATE VIEW.
        options: e.g. `security_barrier=true`.
        comments: of its columns, by name.
    """

    schema: str
    name: str
    definition: str
    materialized: bool = False
    options: tuple[str, ...] = ()
    comment: str | None = None
    comments: tuple[tuple[str, str], ...] = ()


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


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger.

    Args:
        enabled: PostgreSQL's letter: O is the usual one, D disabled, R and A for replicas and always.
    """

    schema: str
    table: str
    name: str
    definition: str
    enabled: str = "O"


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
