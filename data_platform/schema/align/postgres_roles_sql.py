"""Privileges and memberships as PostgreSQL's SQL."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from data_platform.schema.align.changes import AddMember, Grant, RemoveMember, Revoke
from data_platform.schema.align.names import EVERYWHERE, PUBLIC, Future, Securable
from data_platform.schema.align.postgres_words import compose, identifier, keyword

if TYPE_CHECKING:
    from psycopg2.sql import Composable


def privileges(change: Grant | Revoke) -> Sequence["Composable"]:
    """Gives or takes privileges."""
    from psycopg2.sql import SQL

    listed = SQL(", ").join(SQL(privilege) for privilege in change.privileges)
    who = SQL("PUBLIC") if change.grantee == PUBLIC else identifier((change.grantee,))
    place, on = _place(change.on)
    if isinstance(change, Grant):
        option = SQL(" WITH GRANT OPTION" if change.grantable else "")
        return [compose("{}GRANT {} ON {} TO {}{}", place, listed, on, who, option)]
    option = SQL("GRANT OPTION FOR " if change.only_grant_option else "")
    revoke = compose("{}REVOKE {}{} ON {} FROM {}", place, option, listed, on, who)
    if change.grantor is None:
        return [revoke]
    # PostgreSQL takes back what a role gave only in that role's name
    return [compose("SET LOCAL ROLE {}", identifier((change.grantor,))), revoke, SQL("RESET ROLE")]


def _place(on: Securable) -> tuple["Composable", "Composable"]:
    """Where a grant is kept, and on what."""
    from psycopg2.sql import SQL

    if isinstance(on, Future):
        schema = SQL("") if on.schema == EVERYWHERE else compose("IN SCHEMA {} ", identifier(on.schema))
        place = compose("ALTER DEFAULT PRIVILEGES FOR ROLE {} {}", identifier((on.creator or "",)), schema)
        return place, SQL(f"{on.kind.upper()}S")
    return SQL(""), compose("{} {}", keyword(on.kind), identifier(on.name))


def membership(change: AddMember | RemoveMember, version: int) -> "Composable":
    """Puts somebody into a role, or takes a role from a member.

    Args:
        version: the server's, as `server_version_num` has it.
    """
    from psycopg2.sql import SQL

    role, member = identifier((change.role,)), identifier(change.member.name)
    if isinstance(change, AddMember):
        given = {"ADMIN": change.admin or None, "INHERIT": change.inherit, "SET": change.set_role}
        options = [f"{option} {'TRUE' if value else 'FALSE'}" for option, value in given.items() if value is not None]
        if version < 160000:
            options = ["ADMIN OPTION"] if change.admin else []
        return compose("GRANT {} TO {}{}", role, member, SQL(f" WITH {', '.join(options)}" if options else ""))
    option = SQL(f"{change.option.upper()} OPTION FOR " if change.option else "")
    told = version >= 160000 and change.grantor
    by = compose(" GRANTED BY {}", identifier((told,))) if told else SQL("")
    return compose("REVOKE {}{} FROM {}{}", option, role, member, by)
