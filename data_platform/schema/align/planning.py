"""Decides what alignment does: desired and live state in, ordered changes with reasons out. Nothing is touched."""

from data_platform.schema.align.actual import Actual
from data_platform.schema.align.desired import Desired
from data_platform.schema.align.draft import Draft, Planned
from data_platform.schema.align.drops import drop, release
from data_platform.schema.align.grants import settle_grants
from data_platform.schema.align.members import add_members, remove_members
from data_platform.schema.align.names import Kind, Target
from data_platform.schema.align.objects import alter, ensure, rename
from data_platform.schema.align.views import dependents_first, settle_views


def changes(desired: Desired, actual: Actual) -> list[Planned]:
    """What makes the live state the desired one, in an order in which each change can be made.

    Roles come before what they own and are granted; schemas before views, views after those they read; what is given
    before what is taken; drops last, in reverse.

    Raises:
        AlignError: something is in the way (not under management, held by something unmanaged, missing).
    """
    draft = Draft(desired, actual)
    _structure(draft)
    settle_views(draft)
    settle_grants(draft)
    remove_members(draft)
    _endings(draft)
    return draft.planned


def structure(desired: Desired, actual: Actual) -> list[Planned]:
    """The changes that must be made before a view's SQL can be tried: renames, roles, schemas."""
    draft = Draft(desired, actual)
    _structure(draft)
    return draft.planned


def left_alone(desired: Desired, actual: Actual) -> list[Target]:
    """What this alignment manages and the files speak of no more: it stays, until they say what becomes of it."""
    known = {wanted.target for wanted in desired.objects} | {
        wanted.renamed_from for wanted in desired.objects if wanted.renamed_from
    }
    return sorted(
        target for target, whose in actual.managed.items() if whose == desired.alignment and target not in known
    )


def _structure(draft: Draft) -> None:
    rename(draft, Kind.DATABASE)
    # databases are made first, outside of the transaction; their owners follow when the roles are there
    _ensure(draft, Kind.DATABASE)
    rename(draft, Kind.ROLE)
    _ensure(draft, Kind.ROLE)
    add_members(draft)
    for wanted in draft.desired.of(Kind.DATABASE):
        if wanted.present:
            alter(draft, wanted)
    for kind in (Kind.WAREHOUSE, Kind.SCHEMA):
        rename(draft, kind)
        _ensure(draft, kind)
    rename(draft, Kind.VIEW)


def _ensure(draft: Draft, kind: Kind) -> None:
    for wanted in draft.desired.of(kind):
        if wanted.present:
            ensure(draft, wanted)
            if kind is not Kind.DATABASE:
                alter(draft, wanted)


def _endings(draft: Draft) -> None:
    for wanted in draft.desired.objects:
        if wanted.released:
            release(draft, wanted)
    views = {wanted.target: wanted for wanted in draft.desired.of(Kind.VIEW) if wanted.deleted}
    for target in dependents_first(draft, views):
        drop(draft, views[target])
    for kind in (Kind.SCHEMA, Kind.WAREHOUSE, Kind.ROLE, Kind.DATABASE):
        for wanted in draft.desired.of(kind):
            if wanted.deleted:
                drop(draft, wanted)
