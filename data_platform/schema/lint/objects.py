"""What a changelog has built so far: which objects, by which changeset, with which columns.

A linter sees no database. It tells an existing object from one that is made in the same breath by following the
changelog: dropping a table that the same changeset made harms nobody.
"""

from dataclasses import dataclass, field, replace

from data_platform.schema.lint.actions import Action, Create, CreateIndex, Drop, Rename, Update
from data_platform.schema.lint.alterations import AddColumn, AddConstraint, AlterType, Column, DropColumn, SetNotNull
from data_platform.schema.lint.names import Name

_RELATIONS = ("TABLE", "VIEW", "SEQUENCE")


@dataclass(slots=True)
class Known:
    """An object that the changelog made.

    Args:
        made_by: position of the changeset.
        certain: False after CREATE … IF NOT EXISTS, which may have found an older one.
        columns: by name; empty where they are not known.
        column_made_by: position of the changeset that added a column later.
        filled: columns that the changeset at a position has set in all rows.
        never_null: columns that a check constraint keeps from being null.
    """

    made_by: int
    certain: bool = True
    temporary: bool = False
    columns: dict[str, Column] = field(default_factory=dict)
    column_made_by: dict[str, int] = field(default_factory=dict)
    filled: dict[str, int] = field(default_factory=dict)
    never_null: set[str] = field(default_factory=set)


class Objects:
    """The objects known after the statements seen so far."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, Name], Known] = {}

    def get(self, kind: str, name: Name) -> Known | None:
        """What is known of an object, or None when this changelog did not make it."""
        return self._known.get((_group(kind), name))

    def table(self, name: Name) -> Known | None:
        """What is known of a table."""
        return self.get("TABLE", name)

    def column(self, table: Name, column: str) -> Column | None:
        """A column, where its definition is known."""
        known = self.table(table)
        return known.columns.get(column) if known else None

    def see(self, action: Action, position: int) -> None:
        """Take in what a statement of the changeset at a position does."""
        match action:
            case Create(kind=kind, name=name):
                if not (action.if_not_exists and self.get(kind, name)):
                    self._known[_group(kind), name] = Known(
                        position,
                        certain=not action.if_not_exists,
                        temporary=action.temporary,
                        columns={column.name: column for column in action.columns},
                    )
            case CreateIndex(index=index):
                self._known["index", index] = Known(position)
            case Drop(kind=kind, names=names):
                for name in names:
                    self._known.pop((_group(kind), name), None)
            case Rename(column=None):
                if known := self._known.pop((_group(action.kind), action.name), None):
                    self._known[_group(action.kind), action.to] = known
            case _:
                self._see_columns(action, position)

    def _see_columns(self, action: Action, position: int) -> None:
        match action:
            case AddColumn(table=table, column=column):
                known = self._table(table)
                known.columns[column.name] = column
                known.column_made_by[column.name] = position
            case DropColumn(table=table, column=name):
                self._table(table).columns.pop(name, None)
                self._table(table).column_made_by.pop(name, None)
            case AlterType(table=table, column=name, type=kind):
                self._change(table, name, type=kind)
            case SetNotNull(table=table, column=name):
                self._change(table, name, not_null=True)
            case Rename(name=table, column=str(name), to=to):
                known = self._table(table)
                if old := known.columns.pop(name, None):
                    known.columns[to.name] = replace(old, name=to.name)
                if (made_by := known.column_made_by.pop(name, None)) is not None:
                    known.column_made_by[to.name] = made_by
            case Update(table=table, columns=names):
                self._table(table).filled |= dict.fromkeys(names, position)
            case AddConstraint(table=table, not_null=names):
                self._table(table).never_null |= names

    def _table(self, name: Name) -> Known:
        """Of a table that the changelog did not make, at least the columns it adds are known."""
        return self._known.setdefault(("relation", name), Known(-1))

    def _change(self, table: Name, column: str, **changes: object) -> None:
        known = self._table(table)
        old = known.columns.get(column, Column(column, ""))
        known.columns[column] = replace(old, **changes)  # type: ignore[arg-type]  # names of its own fields


def _group(kind: str) -> str:
    """Tables, views and sequences share their names."""
    return "relation" if kind.endswith(_RELATIONS) else kind.lower()
