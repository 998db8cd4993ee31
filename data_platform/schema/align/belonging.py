"""What belongs to what: privileges to objects, objects to schemas, names to what is renamed."""

from data_platform.schema.align.names import RELATIONS, Future, Kind, Securable, Target


def is_on(on: Securable, target: Target) -> bool:
    """Whether privileges are on the target itself."""
    return on == target or (target.kind is Kind.VIEW and on == Target(Kind.TABLE, target.name))


def goes_with(on: Securable, target: Target) -> bool:
    """Whether privileges on something go when the target goes."""
    if isinstance(on, Future):
        schema = Target(Kind.SCHEMA, on.schema)
        return target == schema or lies_in(schema, target)
    return is_on(on, target) or lies_in(on, target)


def creator_of(on: Securable) -> str | None:
    """The role whose objects to come it is about."""
    return on.creator if isinstance(on, Future) else None


def lies_in(each: Target, container: Target) -> bool:
    """Whether something is in a schema or, where names tell, in a database."""
    if container.kind is Kind.SCHEMA:
        return each.kind in RELATIONS and each.schema == container.name
    # where a session sees one database only, names do not say which
    depth = 2 if each.kind is Kind.SCHEMA else 3 if each.kind in RELATIONS else 0
    return container.kind is Kind.DATABASE and len(each.name) == depth and each.name[:1] == container.name


def renamed(each: Target, old: Target, new: Target) -> Target:
    """The name of something after another, or the same, object has been renamed."""
    if each == old:
        return new
    if lies_in(each, old):
        return Target(each.kind, new.name + each.name[len(old.name) :])
    if old.kind is Kind.VIEW and each == Target(Kind.TABLE, old.name):
        return Target(Kind.TABLE, new.name)
    return each
