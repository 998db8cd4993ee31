"""A catalogue as facts that can be compared one by one: object -> aspect -> value."""

from collections.abc import Iterator
from dataclasses import dataclass

from data_platform.schema.catalogue.objects import Catalogue
from data_platform.schema.catalogue.relations import Table

Values = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of one object.

    Args:
        parent: kind and name of the object it is a part of; when that is missing, so is this, and that is enough said.
    """

    schema: str
    values: Values
    parent: tuple[str, str] | None = None


def facts(catalogue: Catalogue) -> dict[tuple[str, str], Fact]:
    """All objects of a catalogue by kind and name."""
    return {key: fact for part in (_schemas, _definitions, _tables, _parts) for key, fact in part(catalogue)}


_Facts = Iterator[tuple[tuple[str, str], Fact]]


def _schemas(catalogue: Catalogue) -> _Facts:
    for schema in catalogue.schemas:
        yield ("schema", schema.name), Fact(schema.name, {"comment": schema.comment})
    for extension in catalogue.extensions:
        yield ("extension", extension.name), Fact(extension.schema, {"schema": extension.schema})


def _definitions(catalogue: Catalogue) -> _Facts:
    for kind in catalogue.types:
        values: Values = {"kind": kind.kind, "definition": kind.definition, "comment": kind.comment}
        yield ("type", f"{kind.schema}.{kind.name}"), Fact(kind.schema, values)
    for sequence in catalogue.sequences:
        values = {
            "type": sequence.type,
            "start": str(sequence.start),
            "increment": str(sequence.increment),
            "minimum": str(sequence.minimum),
            "maximum": str(sequence.maximum),
            "cycle": str(sequence.cycle).lower(),
            "cache": str(sequence.cache),
            "owner": ".".join(sequence.owned_by) if sequence.owned_by else None,
            "comment": sequence.comment,
        }
        yield ("sequence", f"{sequence.schema}.{sequence.name}"), Fact(sequence.schema, values)
    for view in catalogue.views:
        kind_of_view = "materialized view" if view.materialized else "view"
        values = {"definition": view.definition, "options": _joined(view.options), "comment": view.comment}
        values |= {f"comment of {column}": text for column, text in view.comments}
        yield (kind_of_view, f"{view.schema}.{view.name}"), Fact(view.schema, values)
    for routine in catalogue.routines:
        values = {"body": f"body with hash {routine.body_hash}", "comment": routine.comment}
        name = f"{routine.schema}.{routine.name}({routine.arguments})"
        yield (routine.kind, name), Fact(routine.schema, values)


def _tables(catalogue: Catalogue) -> _Facts:
    for table in catalogue.tables:
        name = f"{table.schema}.{table.name}"
        values: Values = {
            "order of columns": ", ".join(column.name for column in table.columns),
            "parents": _joined(table.parents),
            "bound": table.bound,
            "partitioning": table.partition_by,
            "logging": "unlogged" if table.unlogged else None,
            "options": _joined(table.options),
            "comment": table.comment,
        }
        yield ("table", name), Fact(table.schema, values)
        yield from _of_table(table, name)


def _of_table(table: Table, name: str) -> _Facts:
    parent = ("table", name)
    for column in table.columns:
        values: Values = {
            "type": column.type,
            "nullability": "NULL" if column.nullable else "NOT NULL",
            "default": column.default,
            "identity": column.identity,
            "generation": column.generated,
            "collation": column.collation,
            "comment": column.comment,
        }
        yield ("column", f"{name}.{column.name}"), Fact(table.schema, values, parent)
    for constraint in table.constraints:
        # where the database names them itself, a constraint is what it says
        key = ("constraint", f"{name}.{constraint.name or constraint.definition}")
        yield key, Fact(table.schema, {"definition": constraint.definition, "comment": constraint.comment}, parent)


def _parts(catalogue: Catalogue) -> _Facts:
    views = {f"{view.schema}.{view.name}" for view in catalogue.views}
    for index in catalogue.indexes:
        values: Values = {"definition": index.definition, "state": None if index.valid else "invalid"}
        table = f"{index.schema}.{index.table}"
        parent = ("materialized view" if table in views else "table", table)
        key = ("index", f"{index.schema}.{index.name}")
        yield key, Fact(index.schema, values | {"comment": index.comment}, parent)
    for trigger in catalogue.triggers:
        table = f"{trigger.schema}.{trigger.table}"
        values = {"definition": trigger.definition, "state": None if trigger.enabled == "O" else trigger.enabled}
        parent = ("view" if table in views else "table", table)
        yield ("trigger", f"{table}.{trigger.name}"), Fact(trigger.schema, values, parent)


def _joined(texts: tuple[str, ...]) -> str | None:
    return ", ".join(texts) or None
