"""Objects as files of desired state list them: roles, warehouses, databases, schemas and views."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from data_platform.schema.align.entry import Entry, Text
from data_platform.yaml_model import UNREPEATED

ConnectionLimit = Annotated[int, Field(ge=-1, description="Connections at once; -1 means no limit.")]


def _refused(why: str) -> BeforeValidator:
    def refuse(_: Any) -> Any:
        raise PydanticCustomError(UNREPEATED, "{why}", {"why": why})

    return BeforeValidator(refuse)


_Password = SkipJsonSchema[
    Annotated[None, _refused("passwords never stand in these files: set it in the database, as with psql's \\password")]
]
_Power = SkipJsonSchema[Annotated[None, _refused("power over the whole server is not aligned: give it by hand")]]


class Managed(Entry):
    """What every object has."""

    name: Text = Field(description="Its name; without double quotes it folds as in SQL.")
    comment: str | None = Field(None, description="Its comment in the database.")
    renamed_from: Text | None = Field(None, description="The name it had: it is renamed, and keeps its grants.")
    adopt: bool = Field(False, description="Take it under management though it was not made by alignment.")
    deleted: bool = Field(False, description="Drop it. What is only left out of the files stays.")
    released: bool = Field(False, description="Leave it as it is, and manage it no more.")

    @model_validator(mode="after")
    def _one_fate(self) -> "Managed":
        if self.deleted and self.released:
            raise ValueError("'deleted' and 'released' exclude each other")
        if self.renamed_from and (self.deleted or self.released):
            raise ValueError("'renamed_from' is for what stays")
        return self


class RoleEntry(Managed):
    """A role: what privileges are given to."""

    login: bool | None = Field(None, description="Whether it may connect. It is made without a password.")
    inherit: bool | None = Field(None, description="Whether it has at once what the roles it is in may do.")
    createdb: bool | None = Field(None, description="Whether it may make databases.")
    connection_limit: ConnectionLimit | None = Field(None, description="Connections at once; -1 means no limit.")
    owned_to: Text | None = Field(
        None, description="With `deleted: true`: the role that becomes owner of what this one owns."
    )
    password: _Password = None
    superuser: _Power = None
    replication: _Power = None
    bypassrls: _Power = None
    createrole: _Power = None

    @model_validator(mode="after")
    def _heir(self) -> "RoleEntry":
        if self.owned_to and not self.deleted:
            raise ValueError("'owned_to' belongs to 'deleted: true'")
        return self


class WarehouseEntry(Managed):
    """A warehouse: Snowflake's computing power."""

    size: Text | None = Field(None, description="As in `XSMALL`, `MEDIUM`.")
    auto_suspend: int | None = Field(None, ge=0, description="Seconds without work after which it stops.")
    auto_resume: bool | None = Field(None, description="Whether a query starts it.")
    min_clusters: int | None = Field(None, ge=1, description="Fewest clusters.")
    max_clusters: int | None = Field(None, ge=1, description="Most clusters.")
    owner: Text | None = Field(None, description="The role that owns it.")


class DatabaseEntry(Managed):
    """A database."""

    owner: Text | None = Field(None, description="The role that owns it.")
    connection_limit: ConnectionLimit | None = Field(None, description="Connections at once; -1 means no limit.")


class SchemaEntry(Managed):
    """A schema of the connected database (on Snowflake written `database.schema`)."""

    owner: Text | None = Field(None, description="The role that owns it.")


class ViewEntry(Managed):
    """A view, written `schema.view`."""

    owner: Text | None = Field(None, description="The role that owns it, with whose rights it reads.")
    definition: Text | None = Field(None, description="One SELECT; tables with their schema.")
    definition_file: Text | None = Field(None, description="A file with the SELECT, from this file's folder.")
    security_invoker: bool | None = Field(None, description="Read with the rights of who asks (PostgreSQL).")
    security_barrier: bool | None = Field(None, description="Let no function see rows the view hides (PostgreSQL).")
    secure: bool | None = Field(None, description="A secure view (Snowflake).")

    @model_validator(mode="after")
    def _has_a_definition(self) -> "ViewEntry":
        given = [text for text in (self.definition, self.definition_file) if text]
        if len(given) == 2:
            raise ValueError("'definition' and 'definition_file' exclude each other")
        if not given and not (self.deleted or self.released):
            raise ValueError("a view needs a 'definition' or a 'definition_file'")
        return self
