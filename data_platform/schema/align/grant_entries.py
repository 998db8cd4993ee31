"""Reads the grants in one file of desired state."""

import difflib
from collections.abc import Iterator

from data_platform.schema.align.desired import Origin, WantedGrant
from data_platform.schema.align.files import Granted, GrantEntry
from data_platform.schema.align.names import PUBLIC, AllIn, Future, Kind, Securable, Target
from data_platform.schema.align.reading_names import Names, wrong

_MANY = {"tables": Kind.TABLE, "views": Kind.VIEW, "sequences": Kind.SEQUENCE}
_SPELLINGS = {"TEMP": "TEMPORARY", "ALL PRIVILEGES": "ALL"}


def grants_of(names: Names) -> Iterator[WantedGrant]:
    """What each role listed may do.

    Raises:
        UsageError: an object or privilege that the database does not have; with its place.
    """
    for at, entry in enumerate(names.file.model.grants):
        on = _on(names, at, entry)
        privileges = frozenset(_privileges(names, at, entry, on.kind))
        for position, text in enumerate(entry.to):
            origin = names.origin("grants", at, "to", position)
            grantee = names.role(text, origin, everybody=True)
            if entry.grantable and grantee == PUBLIC and names.dialect.name == "postgresql":
                raise wrong("everybody cannot pass privileges on", origin, fix="leave out 'grantable'")
            yield WantedGrant(on, grantee, privileges, origin, entry.grantable)


def exclusive_of(names: Names) -> dict[Securable | AllIn, Origin]:
    """What only the roles listed may have privileges on."""
    entries = enumerate(names.file.model.grants)
    return {_on(names, at, each): names.origin("grants", at, "exclusive") for at, each in entries if each.exclusive}


def _on(names: Names, at: int, entry: Granted) -> Securable | AllIn:
    origin = names.origin("grants", at)
    names.refuse_unless(Kind.ROLE, origin)
    for key in ("database", "warehouse", "table", "view", "sequence"):
        text = getattr(entry, key)
        if text:
            place = names.origin("grants", at, key)
            return names.dialect.grant_target(names.target(Kind(key), text, place))
    place = names.origin("grants", at, "schema")
    schema = names.name(Kind.SCHEMA, entry.schema_ or "", place)
    if entry.all:
        return AllIn(_kind(names, entry.all, names.origin("grants", at, "all")), schema)
    if entry.future:
        return _future(names, at, entry)
    return Target(Kind.SCHEMA, schema)


def _future(names: Names, at: int, entry: Granted) -> Future:
    origin = names.origin("grants", at, "future")
    kind = _kind(names, str(entry.future), origin)
    by_creator = names.dialect.future_of_a_creator
    if by_creator and not entry.created_by:
        raise wrong(f"future {kind}s need 'created_by', the role that will make them", origin)
    if entry.created_by and not by_creator:
        place = names.origin("grants", at, "created_by")
        raise wrong(f"{names.dialect.name} has no 'created_by': everybody's are meant", place, fix="leave it out")
    schema = names.name(Kind.SCHEMA, entry.schema_ or "", origin)
    creator = names.role(entry.created_by, names.origin("grants", at, "created_by")) if entry.created_by else None
    return Future(kind, schema, creator)


def _kind(names: Names, many: str, origin: Origin) -> Kind:
    kind = _MANY[many]
    if kind is Kind.VIEW and names.dialect.views_are_tables:
        raise wrong(f"{names.dialect.name} counts views among the tables", origin, fix="write tables")
    return kind


def _privileges(names: Names, at: int, entry: GrantEntry, kind: Kind) -> Iterator[str]:
    known = names.dialect.privileges[kind]
    for position, text in enumerate(entry.privileges):
        origin = names.origin("grants", at, "privileges", position)
        written = " ".join(names.text(text, origin).upper().split())
        privilege = _SPELLINGS.get(written, written)
        if privilege == "ALL":
            yield from known
        elif privilege in known:
            yield privilege
        else:
            close = difflib.get_close_matches(privilege, known, n=1)
            listed = ", ".join(each.lower() for each in known)
            raise wrong(
                f"there is no privilege {text!r} on a {kind}",
                origin,
                fix=f"did you mean {close[0].lower()!r}?" if close else f"known: {listed}, all",
            )
