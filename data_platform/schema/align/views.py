"""Plans views: made and replaced after those they read; dropped and made anew only where replacing cannot do it."""

from collections.abc import Iterable, Sequence

from data_platform.errors import UsageError
from data_platform.schema.align.actual import Actual, Held
from data_platform.schema.align.changes import Create, Drop, Grant, Redefine
from data_platform.schema.align.desired import Value, Wanted
from data_platform.schema.align.draft import Consent, Draft
from data_platform.schema.align.names import Kind, Securable, Target
from data_platform.schema.align.objects import adopt, alter, made_because, refuse_taken_name
from data_platform.schema.align.view_shape import differs, shape_change, to_be_made_anew
from data_platform.schema.align.view_sql import in_reading_order
from data_platform.schema.errors import DatabaseError


def settle_views(draft: Draft) -> None:
    """Make and replace views.

    Raises:
        AlignError: a view would have to be dropped, and one that these files do not have reads it.
    """
    wanted_views = {wanted.target: wanted for wanted in in_order(draft.desired.of(Kind.VIEW))}
    for wanted in wanted_views.values():
        if wanted.target in draft.state.objects:
            adopt(draft, wanted)
    anew = to_be_made_anew(draft, wanted_views)
    restore = {target: _drop_for_now(draft, target, wanted_views) for target in dependents_first(draft, anew)}
    for target, wanted in wanted_views.items():
        if target in restore:
            _make_again(draft, wanted, *restore[target])
        elif target not in draft.state.objects:
            refuse_taken_name(draft, wanted)
            draft.add(Create(target, wanted.properties, wanted.source, wanted.reads), made_because(draft, wanted))
        elif differs(draft, wanted):
            properties = draft.state.objects[target] | dict(wanted.properties)
            properties["owner"] = draft.state.objects[target].get("owner", "")
            properties["comment"] = draft.state.objects[target].get("comment", "")
            draft.add(
                Redefine(target, properties, wanted.source, wanted.reads), f"its SQL differs from {wanted.origin}"
            )
        alter(draft, wanted)


def in_order(views: Iterable[Wanted]) -> list[Wanted]:
    """The views that are to be there, each after those it reads."""
    found = {wanted.target.name: wanted for wanted in views if wanted.present}
    return [found[name] for name in in_reading_order({name: wanted.reads for name, wanted in found.items()})]


def name_is_taken(wanted: Wanted, actual: Actual) -> bool:
    """Whether a table has the view's name: then the view need not be tried, for it is refused."""
    return Target(Kind.TABLE, wanted.target.name) in actual.objects


def wrong_definition(wanted: Wanted, error: DatabaseError) -> UsageError:
    """A view whose SQL the database refuses, with its place."""
    return UsageError(
        f"{wanted.target}: {error.what}",
        where=wanted.origin.file,
        line=wanted.origin.line,
        fix="correct its definition; tables are written with their schema",
        anchor="alignment-files",
    )


def dependents_first(draft: Draft, views: Iterable[Target]) -> list[Target]:
    """The views so that each comes before those it reads, as the database has them."""
    wanted = sorted(views)
    found: dict[Target, None] = {}

    def visit(view: Target, path: tuple[Target, ...]) -> None:
        if view in found or view in path:
            return
        for reader in sorted(draft.state.read_by.get(view, ())):
            visit(reader, (*path, view))
        found[view] = None

    for view in wanted:
        visit(view, ())
    return [view for view in found if view in set(wanted)]


def _drop_for_now(
    draft: Draft, target: Target, views: dict[Target, Wanted]
) -> tuple[dict[str, Value], Sequence[Held], str]:
    properties = draft.state.objects[target]
    on = draft.desired.dialect.grant_target(target)
    held = draft.state.grants.on(on)
    reason = f"made anew, for {shape_change(draft, views[target])}"
    draft.add(Drop(target), reason, Consent.DROP)
    return properties, held, reason


def _make_again(draft: Draft, wanted: Wanted, before: dict[str, Value], held: Sequence[Held], reason: str) -> None:
    """Make a view that was dropped, with all it had besides its SQL: owner, comment, everybody's privileges."""
    # a view that reads a changed one keeps its SQL, and may have other columns all the same
    properties = before | dict(wanted.properties)
    draft.add(Create(wanted.target, properties, wanted.source, wanted.reads), reason)
    on: Securable = draft.desired.dialect.grant_target(wanted.target)
    owner = properties.get("owner")
    for grantee in dict.fromkeys(sorted(each.grantee for each in held)):
        if grantee == owner:
            continue
        for grantable in (False, True):
            had = {each.privilege for each in held if each.grantee == grantee and each.grantable is grantable}
            if not grantable:
                had -= {each.privilege for each in held if each.grantee == grantee and each.grantable}
            if had:
                draft.add(
                    Grant(on, grantee, tuple(sorted(had)), grantable), "it had this before the view was made anew"
                )
