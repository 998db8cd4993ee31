"""What a changelog stands on without making it: schemas and extensions that somebody else sees to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from data_platform.schema.catalogue.objects import Catalogue, Extension
from data_platform.schema.changes import Sql
from data_platform.schema.changeset import Changeset
from data_platform.schema.drift.building import made_by
from data_platform.schema.names import Names

_EXTENSION = re.compile(r"\bEXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?\"?(?P<name>[\w-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outside:
    """What a scratch database must have before the changelog is built there."""

    schemas: tuple[str, ...] = ()
    extensions: tuple[Extension, ...] = ()


def outside(actual: Catalogue, changesets: Sequence[Changeset], names: Names) -> Outside:
    """What the database has of this and no changeset makes."""
    made = {name.name.lower() for name in made_by(changesets, actual.dbms, "SCHEMA")}
    there = dict.fromkeys(schema.name for schema in actual.schemas if schema.name.lower() not in made)
    wanted = {name: None for name in (names.default_schema, names.liquibase_schema) if name}
    text = "\n".join(change.text for each in changesets for change in each.changes if isinstance(change, Sql))
    extensions = {found["name"].lower() for found in _EXTENSION.finditer(text)}
    return Outside(
        tuple(there | wanted),
        tuple(each for each in actual.extensions if each.name.lower() not in extensions),
    )
