"""Reads the objects in one file of desired state."""

from collections.abc import Iterator

from data_platform.schema.align.desired import Origin, Value, Wanted
from data_platform.schema.align.listed_objects import Managed, RoleEntry, ViewEntry
from data_platform.schema.align.names import Kind
from data_platform.schema.align.reading_names import Names, wrong
from data_platform.schema.align.view_sql import one_query

_SECTIONS = {
    "roles": Kind.ROLE,
    "warehouses": Kind.WAREHOUSE,
    "databases": Kind.DATABASE,
    "schemas": Kind.SCHEMA,
    "views": Kind.VIEW,
}
_NO_PROPERTY = {"name", "renamed_from", "adopt", "deleted", "released", "owned_to", "definition_file"}


def objects_of(names: Names) -> Iterator[Wanted]:
    """The objects of a file.

    Raises:
        UsageError: something the database does not have; with its place.
    """
    for section, kind in _SECTIONS.items():
        for at, entry in enumerate(getattr(names.file.model, section)):
            yield _object(names, section, at, kind, entry)


def _object(names: Names, section: str, at: int, kind: Kind, entry: Managed) -> Wanted:
    origin = names.origin(section, at, "name")
    target = names.target(kind, entry.name, origin)
    names.refuse_reserved(target, origin)
    renamed_from = None
    if entry.renamed_from:
        place = names.origin(section, at, "renamed_from")
        renamed_from = names.target(kind, entry.renamed_from, place)
        names.refuse_reserved(renamed_from, place)
        if renamed_from == target:
            raise wrong(f"{target} cannot be renamed from itself", place)
        moves = kind is Kind.VIEW and renamed_from.schema != target.schema
        if kind not in names.dialect.renames or (moves and not names.dialect.moves_views):
            fix = "list the new name, and the old one with `deleted: true`"
            raise wrong(f"{names.dialect.name} cannot rename {renamed_from} to {target}", place, fix=fix)
    heir = None
    if isinstance(entry, RoleEntry) and entry.owned_to:
        heir = names.role(entry.owned_to, names.origin(section, at, "owned_to"))
    source = _definition(names, at, entry) if isinstance(entry, ViewEntry) else ""
    return Wanted(
        target,
        origin,
        _properties(names, section, at, kind, entry) | ({"definition": source} if source else {}),
        renamed_from,
        entry.adopt,
        entry.deleted,
        entry.released,
        source,
        heir=heir,
    )


def _properties(names: Names, section: str, at: int, kind: Kind, entry: Managed) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for key in type(entry).model_fields:
        value = getattr(entry, key)
        if key in _NO_PROPERTY or key == "definition" or value is None:
            continue
        origin = names.origin(section, at, key)
        if key not in names.dialect.properties[kind]:
            raise wrong(f"{names.dialect.name} has no {key!r} for a {kind}", origin, fix="leave it out here")
        if key == "owner":
            value = names.role(value, origin)
        elif isinstance(value, str):
            value = names.text(value, origin)
        found[key] = value.upper().replace("-", "") if key == "size" else value
    return found


def _definition(names: Names, at: int, entry: ViewEntry) -> str:
    if entry.definition_file:
        origin = names.origin("views", at, "definition_file")
        path = names.file.path.parent / names.text(entry.definition_file, origin)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise wrong(f"the file {path} cannot be read: {reason}", origin) from None
        origin = Origin(str(path), 1)
    elif entry.definition:
        origin = names.origin("views", at, "definition")
        text = entry.definition
    else:
        return ""
    try:
        return one_query(names.text(text, origin), names.dialect)
    except ValueError as error:
        raise wrong(str(error), origin) from None
