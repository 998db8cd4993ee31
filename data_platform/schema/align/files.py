"""The files of desired state: what may stand in them, and what each key means."""

from typing import Literal

from pydantic import Field, model_validator

from data_platform.schema.align.entry import Entry, Text
from data_platform.schema.align.listed_objects import DatabaseEntry, RoleEntry, SchemaEntry, ViewEntry, WarehouseEntry


class MembershipEntry(Entry):
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


class Granted(Entry):
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


class AlignmentFile(Entry):
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
