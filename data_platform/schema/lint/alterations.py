"""What a statement does to a table's definition: columns and constraints, as far as lint is concerned."""

from dataclasses import dataclass

from data_platform.schema.lint.names import Name, Part
from data_platform.schema.lint.tokens import Token


@dataclass(frozen=True, slots=True)
class Column:
    """A column as a statement defines it.

    Args:
        type: its text in lower case, e.g. `numeric(10,2)`.
        default: the tokens of its default, or None.
        key: whether it is declared unique or primary key.
    """

    name: str
    type: str
    not_null: bool = False
    default: tuple[Token, ...] | None = None
    generated: bool = False
    identity: bool = False
    key: bool = False


@dataclass(frozen=True, slots=True)
class AddColumn:
    """A column more."""

    table: Name
    column: Column
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class DropColumn:
    """A column (or an attribute of a type) less."""

    table: Name
    column: str


@dataclass(frozen=True, slots=True)
class AlterType:
    """Another type of a column."""

    table: Name
    column: str
    type: str


@dataclass(frozen=True, slots=True)
class SetNotNull:
    """A column that may no longer be null."""

    table: Name
    column: str


@dataclass(frozen=True, slots=True)
class AddConstraint:
    """A constraint more.

    Args:
        kind: CHECK, FOREIGN, UNIQUE, PRIMARY or EXCLUDE.
        at_once: whether existing rows are checked, or an index is built, by the statement itself.
        not_null: the columns which a check says are not null.
    """

    table: Name
    kind: str
    at_once: bool
    not_null: frozenset[str] = frozenset()
