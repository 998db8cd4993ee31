"""Changes as PostgreSQL's SQL; identifiers and values are quoted by psycopg2."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from data_platform.schema.align.changes import (
    AddMember,
    Adopt,
    Alter,
    Change,
    Create,
    Drop,
    Forget,
    Grant,
    Reassign,
    Redefine,
    Release,
    RemoveMember,
    Rename,
    Revoke,
)
from data_platform.schema.align.desired import Properties, Value
from data_platform.schema.align.names import Kind, Name, Target
from data_platform.schema.align.postgres_rename_sql import rename
from data_platform.schema.align.postgres_roles_sql import membership, privileges
from data_platform.schema.align.postgres_words import compose, identifier, keyword

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812 (as psycopg2 types it)
    from psycopg2.sql import Composable

_OPTIONS = ("security_invoker", "security_barrier", "check_option")
_ROLE_WORDS = {"login": "LOGIN", "inherit": "INHERIT", "createdb": "CREATEDB"}


class PostgresSql:
    """Writes statements.

    Args:
        connection: for quoting as its server wants it; nothing is sent.
        version: the server's, as `server_version_num` has it.
    """

    def __init__(self, connection: "Connection", version: int) -> None:
        self._connection = connection
        self._version = version

    def literal(self, value: Value) -> str:
        """A value as a literal."""
        from psycopg2.sql import Literal

        return Literal(value).as_string(self._connection)

    def identifier(self, name: Name) -> str:
        """A name, quoted part by part."""
        return identifier(name).as_string(self._connection)

    def statements(self, change: Change) -> tuple[str, ...]:
        """The statements of a change, none for what is only recorded."""
        made = [statement.as_string(self._connection) for statement in self._statements(change)]
        # a definition is sent as it was written: it takes no part in the filling in of names
        match change:
            case Create(Target(Kind.VIEW), _, source) | Redefine(_, _, source):
                made[0] += f" AS\n{source}"
        return tuple(made)

    def _statements(self, change: Change) -> Sequence["Composable"]:
        match change:
            case Grant() | Revoke():
                return privileges(change)
            case AddMember() | RemoveMember():
                return [membership(change, self._version)]
            case Reassign(role, heir):
                return [compose("REASSIGN OWNED BY {} TO {}", identifier((role,)), identifier((heir,)))]
            case Adopt() | Release() | Forget():
                return []
        return self._of_object(change)

    def _of_object(self, change: Create | Redefine | Alter | Rename | Drop) -> Sequence["Composable"]:
        match change:
            case Create():
                return self._create(change)
            case Redefine(target, properties):
                return [compose("CREATE OR REPLACE VIEW {}{}", identifier(target.name), self._options(properties))]
            case Alter(target, key, value):
                return [self._alter(target, key, value)]
            case Rename(target, name):
                return rename(target, name)
            case Drop(target):
                return [compose("DROP {} {}", keyword(target.kind), identifier(target.name))]

    def _create(self, change: Create) -> Sequence["Composable"]:
        target, given = change.target, dict(change.properties)
        if target.kind is Kind.ROLE:
            words = [self._role_word(key, value) for key, value in given.items() if key != "comment"]
            first = compose("CREATE ROLE {}{}", identifier(target.name), _joined(words))
            given = {"comment": given.get("comment", "")}
        elif target.kind is Kind.SCHEMA and "owner" in given:
            first = compose(
                "CREATE SCHEMA {} AUTHORIZATION {}", identifier(target.name), identifier((str(given.pop("owner")),))
            )
        elif target.kind is Kind.VIEW:
            first = compose("CREATE VIEW {}{}", identifier(target.name), self._options(given))
        else:
            first = compose("CREATE {} {}", keyword(target.kind), identifier(target.name))
        rest = [self._alter(target, key, given[key]) for key in ("comment", "owner") if given.get(key)]
        return [first, *rest]

    def _alter(self, target: Target, key: str, value: Value) -> "Composable":
        from psycopg2.sql import SQL, Literal

        name, kind = identifier(target.name), keyword(target.kind)
        if key == "comment":
            return compose("COMMENT ON {} {} IS {}", kind, name, Literal(value or None))
        if key == "owner":
            return compose("ALTER {} {} OWNER TO {}", kind, name, identifier((str(value),)))
        if target.kind is Kind.VIEW:
            return compose("ALTER VIEW {} SET ({} = {})", name, SQL(_known(key, _OPTIONS)), Literal(value))
        if target.kind is Kind.DATABASE:
            return compose("ALTER DATABASE {} CONNECTION LIMIT {}", name, Literal(value))
        return compose("ALTER ROLE {} {}", name, self._role_word(key, value))

    def _role_word(self, key: str, value: Value) -> "Composable":
        from psycopg2.sql import SQL, Literal

        if key == "connection_limit":
            return compose("CONNECTION LIMIT {}", Literal(value))
        return SQL(("" if value else "NO") + _ROLE_WORDS[key])

    def _options(self, properties: Properties) -> "Composable":
        """All of a view's options: CREATE OR REPLACE forgets those that it does not name."""
        from psycopg2.sql import SQL, Literal

        given = [(key, properties[key]) for key in _OPTIONS if properties.get(key)]
        if not given:
            return SQL("")
        return compose(" WITH ({})", SQL(", ").join(compose(f"{key} = {{}}", Literal(value)) for key, value in given))


def _joined(words: Sequence["Composable"]) -> "Composable":
    from psycopg2.sql import SQL

    return compose(" WITH {}", SQL(" ").join(words)) if words else SQL("")


def _known(key: str, keys: Sequence[str]) -> Any:
    return keys[keys.index(key)]
