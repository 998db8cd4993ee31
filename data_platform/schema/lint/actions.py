"""What a statement does, as far as lint is concerned: the vocabulary that statements are read into."""

from dataclasses import dataclass

from data_platform.schema.lint.alterations import AddColumn, AddConstraint, AlterType, Column, DropColumn, SetNotNull
from data_platform.schema.lint.names import Name, Part


@dataclass(frozen=True, slots=True)
class Create:
    """CREATE of anything but an index; `columns` is empty where a query gives them."""

    kind: str
    name: Name
    parts: tuple[Part, ...]
    columns: tuple[Column, ...] = ()
    replace: bool = False
    alter: bool = False
    if_not_exists: bool = False
    temporary: bool = False


@dataclass(frozen=True, slots=True)
class CreateIndex:
    """CREATE INDEX on a table; an index that the database names has an empty name."""

    index: Name
    table: Name
    parts: tuple[Part, ...]
    concurrently: bool


@dataclass(frozen=True, slots=True)
class Drop:
    """DROP of objects of one kind; with `cascade`, of all that depends on them too."""

    kind: str
    names: tuple[Name, ...]
    concurrently: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class Truncate:
    """All rows of tables are removed; `how` says by which statement."""

    tables: tuple[Name, ...]
    how: str = "TRUNCATE"


@dataclass(frozen=True, slots=True)
class DeleteAll:
    """DELETE without a condition."""

    table: Name


@dataclass(frozen=True, slots=True)
class Update:
    """UPDATE of some columns, folded names."""

    table: Name
    columns: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rename:
    """Another name, or another schema, of an object or of one of its columns."""

    kind: str
    name: Name
    to: Name
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A table is written anew, or locked, by a statement that is not about its definition; None: all tables."""

    how: str
    table: Name | None


@dataclass(frozen=True, slots=True)
class OutsideTransaction:
    """The statement is refused inside a transaction."""

    how: str


Action = (
    Create
    | CreateIndex
    | Drop
    | Truncate
    | DeleteAll
    | Update
    | AddColumn
    | DropColumn
    | AlterType
    | SetNotNull
    | AddConstraint
    | Rename
    | Rewrite
    | OutsideTransaction
)
