"""Tables and views of a database, and what belongs to one of them: columns, constraints, indexes, triggers."""

from dataclasses import dataclass


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
