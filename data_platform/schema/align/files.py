"""The files of desired state: what may stand in them, and what each key means."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from data_platform.yaml_model import UNREPEATED


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value


Text = Annotated[str, AfterValidator(_text), Field(min_length=1)]
ConnectionLimit = Annotated[int, Field(ge=-1, description="Connections at once; -1 means no limit.")]


def _refused(why: str) -> BeforeValidator:
    def refuse(_: Any) -> Any:
        raise PydanticCustomError(UNREPEATED, "{why}", {"why": why})

    return BeforeValidator(refuse)


_Password = SkipJsonSchema[
    Annotated[None, _refused("passwords never stand in these files: set it in the database, as with psql's \\password")]
]
_Power = SkipJsonSchema[Annotated[None, _refused("power over the whole server is not aligned: give it by hand")]]


class Managed(_Entry):
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


class MembershipEntry(_Entry):
    """Who is in a role. Each member listed is managed; others only with `exclusive: true`."""

    role: Text = Field(description="The role they are in.")
    members: list[Text] = Field(default_factory=list, description="Roles.")
    users: list[Text] = Field(default_factory=list, description="Users: people and services. They exist already.")
    admin: bool = Field(False, description="Whether they may pass the role on.")
    inherit: bool | None = Field(None, description="Whether they have its rights at once (PostgreSQL 16 and later).")
    set: bool | None = Field(None, description="Whether they may become it by SET ROLE (PostgreSQL 16 and later).")
    exclusive: bool = Field(False, description="Take the role from everybody who is not listed.")
    deleted: bool = Field(False, description="Take the role from those listed.")

    @model_validator(mode="after")
    def _somebody(self) -> "MembershipEntry":
        if not (self.members or self.users or self.exclusive):
            raise ValueError("needs 'members' or 'users'")
        if self.deleted and self.exclusive:
            raise ValueError("'deleted' and 'exclusive' exclude each other")
        return self


class Granted(_Entry):
    """What is granted on: one of database, warehouse, table, view, sequence; or a schema, with `all` or `future`."""

    database: Text | None = Field(None, description="A database.")
    warehouse: Text | None = Field(None, description="A warehouse (Snowflake).")
    schema_: Text | None = Field(None, alias="schema", description="A schema, or where `all` and `future` look.")
    table: Text | None = Field(None, description="A table.")
    view: Text | None = Field(None, description="A view.")
    sequence: Text | None = Field(None, description="A sequence.")
    all: Literal["tables", "views", "sequences"] | None = Field(
        None, description="Every one in `schema` when the plan is made."
    )
    future: Literal["tables", "views", "sequences"] | None = Field(
        None, description="Those that will be made in `schema` (default privileges)."
    )
    created_by: Text | None = Field(None, description="With `future`: the role that will make them (PostgreSQL).")

    @model_validator(mode="after")
    def _one_thing(self) -> "Granted":
        single = ("database", "warehouse", "schema_", "table", "view", "sequence")
        given = [key for key in single if getattr(self, key)]
        if len(given) != 1:
            raise ValueError("name one of database, warehouse, schema, table, view, sequence")
        if (self.all or self.future) and not self.schema_:
            raise ValueError("'all' and 'future' need a 'schema'")
        if self.all and self.future:
            raise ValueError("'all' and 'future' exclude each other: write two grants")
        if self.created_by and not self.future:
            raise ValueError("'created_by' belongs to 'future'")
        return self


class GrantEntry(Granted):
    """What roles may do. For each role listed these are all its privileges on the object; others keep theirs."""

    to: list[Text] = Field(default_factory=list, description="Roles; `public` means everybody (PostgreSQL).")
    privileges: list[Text] = Field(default_factory=list, description="As in `[select, insert]`, or `[all]`.")
    grantable: bool = Field(False, description="Whether they may pass the privileges on.")
    exclusive: bool = Field(False, description="Take every privilege on it from roles that are not listed.")
    deleted: bool = Field(False, description="Take every privilege on it from the roles listed.")

    @model_validator(mode="after")
    def _says_something(self) -> "GrantEntry":
        if self.deleted and (self.privileges or self.exclusive or self.grantable):
            raise ValueError("'deleted' takes everything: leave out 'privileges', 'grantable' and 'exclusive'")
        if not self.to and not self.exclusive:
            raise ValueError("needs 'to', the roles")
        if self.to and not self.privileges and not self.deleted:
            raise ValueError("needs 'privileges', or 'deleted: true'")
        return self


class AlignmentFile(_Entry):
    """A file of desired state."""

    alignment: Text | None = Field(
        None, description="Whose these objects are; what another alignment manages is refused. Default: `platform`."
    )
    roles: list[RoleEntry] = Field(default_factory=list, description="Roles.")
    memberships: list[MembershipEntry] = Field(default_factory=list, description="Who is in which role.")
    warehouses: list[WarehouseEntry] = Field(default_factory=list, description="Warehouses (Snowflake).")
    databases: list[DatabaseEntry] = Field(default_factory=list, description="Databases.")
    schemas: list[SchemaEntry] = Field(default_factory=list, description="Schemas.")
    views: list[ViewEntry] = Field(default_factory=list, description="Views.")
    grants: list[GrantEntry] = Field(default_factory=list, description="Privileges.")
