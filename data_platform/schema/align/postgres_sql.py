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
from data_platform.schema.align.names import EVERYWHERE, PUBLIC, Future, Kind, Name, Securable, Target

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812
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
        return _name(name).as_string(self._connection)

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
                return _privileges(change)
            case AddMember() | RemoveMember():
                return [self._member(change)]
            case Reassign(role, heir):
                return [_compose("REASSIGN OWNED BY {} TO {}", _name((role,)), _name((heir,)))]
            case Adopt() | Release() | Forget():
                return []
        return self._of_object(change)

    def _of_object(self, change: Create | Redefine | Alter | Rename | Drop) -> Sequence["Composable"]:
        match change:
            case Create():
                return self._create(change)
            case Redefine(target, properties):
                return [_compose("CREATE OR REPLACE VIEW {}{}", _name(target.name), self._options(properties))]
            case Alter(target, key, value):
                return [self._alter(target, key, value)]
            case Rename(target, name):
                return _rename(target, name)
            case Drop(target):
                return [_compose("DROP {} {}", _word(target.kind), _name(target.name))]

    def _create(self, change: Create) -> Sequence["Composable"]:
        target, given = change.target, dict(change.properties)
        if target.kind is Kind.ROLE:
            words = [self._role_word(key, value) for key, value in given.items() if key != "comment"]
            first = _compose("CREATE ROLE {}{}", _name(target.name), _joined(words))
            given = {"comment": given.get("comment", "")}
        elif target.kind is Kind.SCHEMA and "owner" in given:
            first = _compose("CREATE SCHEMA {} AUTHORIZATION {}", _name(target.name), _name((str(given.pop("owner")),)))
        elif target.kind is Kind.VIEW:
            first = _compose("CREATE VIEW {}{}", _name(target.name), self._options(given))
        else:
            first = _compose("CREATE {} {}", _word(target.kind), _name(target.name))
        rest = [self._alter(target, key, given[key]) for key in ("comment", "owner") if given.get(key)]
        return [first, *rest]

    def _alter(self, target: Target, key: str, value: Value) -> "Composable":
        from psycopg2.sql import SQL, Literal

        name, kind = _name(target.name), _word(target.kind)
        if key == "comment":
            return _compose("COMMENT ON {} {} IS {}", kind, name, Literal(value or None))
        if key == "owner":
            return _compose("ALTER {} {} OWNER TO {}", kind, name, _name((str(value),)))
        if target.kind is Kind.VIEW:
            return _compose("ALTER VIEW {} SET ({} = {})", name, SQL(_known(key, _OPTIONS)), Literal(value))
        if target.kind is Kind.DATABASE:
            return _compose("ALTER DATABASE {} CONNECTION LIMIT {}", name, Literal(value))
        return _compose("ALTER ROLE {} {}", name, self._role_word(key, value))

    def _role_word(self, key: str, value: Value) -> "Composable":
        from psycopg2.sql import SQL, Literal

        if key == "connection_limit":
            return _compose("CONNECTION LIMIT {}", Literal(value))
        return SQL(("" if value else "NO") + _ROLE_WORDS[key])

    def _options(self, properties: Properties) -> "Composable":
        """All of a view's options: CREATE OR REPLACE forgets those that it does not name."""
        from psycopg2.sql import SQL, Literal

        given = [(key, properties[key]) for key in _OPTIONS if properties.get(key)]
        if not given:
            return SQL("")
        return _compose(" WITH ({})", SQL(", ").join(_compose(f"{key} = {{}}", Literal(value)) for key, value in given))

    def _member(self, change: AddMember | RemoveMember) -> "Composable":
        from psycopg2.sql import SQL

        role, member = _name((change.role,)), _name(change.member.name)
        if isinstance(change, AddMember):
            given = {"ADMIN": change.admin or None, "INHERIT": change.inherit, "SET": change.set_role}
            options = [
                f"{option} {'TRUE' if value else 'FALSE'}" for option, value in given.items() if value is not None
            ]
            if self._version < 160000:
                options = ["ADMIN OPTION"] if change.admin else []
            return _compose("GRANT {} TO {}{}", role, member, SQL(f" WITH {', '.join(options)}" if options else ""))
        option = SQL(f"{change.option.upper()} OPTION FOR " if change.option else "")
        told = self._version >= 160000 and change.grantor
        by = _compose(" GRANTED BY {}", _name((told,))) if told else SQL("")
        return _compose("REVOKE {}{} FROM {}{}", option, role, member, by)


def _privileges(change: Grant | Revoke) -> Sequence["Composable"]:
    from psycopg2.sql import SQL

    listed = SQL(", ").join(SQL(privilege) for privilege in change.privileges)
    who = SQL("PUBLIC") if change.grantee == PUBLIC else _name((change.grantee,))
    place, on = _place(change.on)
    if isinstance(change, Grant):
        option = SQL(" WITH GRANT OPTION" if change.grantable else "")
        return [_compose("{}GRANT {} ON {} TO {}{}", place, listed, on, who, option)]
    option = SQL("GRANT OPTION FOR " if change.only_grant_option else "")
    revoke = _compose("{}REVOKE {}{} ON {} FROM {}", place, option, listed, on, who)
    if change.grantor is None:
        return [revoke]
    # PostgreSQL takes back what a role gave only in that role's name
    return [_compose("SET LOCAL ROLE {}", _name((change.grantor,))), revoke, SQL("RESET ROLE")]


def _place(on: Securable) -> tuple["Composable", "Composable"]:
    """Where a grant is kept, and on what."""
    from psycopg2.sql import SQL

    if isinstance(on, Future):
        schema = SQL("") if on.schema == EVERYWHERE else _compose("IN SCHEMA {} ", _name(on.schema))
        place = _compose("ALTER DEFAULT PRIVILEGES FOR ROLE {} {}", _name((on.creator or "",)), schema)
        return place, SQL(f"{on.kind.upper()}S")
    return SQL(""), _compose("{} {}", _word(on.kind), _name(on.name))


def _rename(target: Target, name: Name) -> Sequence["Composable"]:
    old, kind = target.name, _word(target.kind)

    def to(before: Name, last: str) -> "Composable":
        return _compose("ALTER {} {} RENAME TO {}", kind, _name(before), _name((last,)))

    if old[:-1] == name[:-1]:
        return [to(old, name[-1])]
    move = "ALTER {} {} SET SCHEMA {}"
    if old[-1] == name[-1]:
        return [_compose(move, kind, _name(old), _name(name[:-1]))]
    # neither its old name there nor its new name here need be free
    between = "dp_schema_align_moving"
    moved = _compose(move, kind, _name((*old[:-1], between)), _name(name[:-1]))
    return [to(old, between), moved, to((*name[:-1], between), name[-1])]


def _compose(text: str, *parts: "Composable") -> "Composable":
    from psycopg2.sql import SQL

    return SQL(text).format(*parts)


def _name(name: Name) -> "Composable":
    from psycopg2.sql import Identifier

    return Identifier(*name)


def _word(kind: Kind) -> "Composable":
    from psycopg2.sql import SQL

    return SQL(kind.upper())


def _joined(words: Sequence["Composable"]) -> "Composable":
    from psycopg2.sql import SQL

    return _compose(" WITH {}", SQL(" ").join(words)) if words else SQL("")


def _known(key: str, keys: Sequence[str]) -> Any:
    return keys[keys.index(key)]
