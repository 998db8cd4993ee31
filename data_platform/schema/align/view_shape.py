"""Whether a view can be replaced as it is: its columns must stay, in order, at the beginning (PostgreSQL's rule)."""

from data_platform.schema.align.desired import Wanted
from data_platform.schema.align.draft import Draft, refusal
from data_platform.schema.align.names import Target


def differs(draft: Draft, wanted: Wanted) -> bool:
    """Whether a view that is there has other SQL than is wanted."""
    if wanted.redefine is not None:
        return wanted.redefine
    return draft.state.objects[wanted.target].get("definition") != wanted.properties.get("definition")


def to_be_made_anew(draft: Draft, views: dict[Target, Wanted]) -> list[Target]:
    """Views whose columns replacing cannot change, and those of these files that read them.

    Args:
        views: those that are to be there.

    Raises:
        AlignError: one that these files do not have reads one of them.
    """
    found: dict[Target, None] = {}
    waiting = [target for target, wanted in views.items() if _needs_another_shape(draft, wanted)]
    while waiting:
        target = waiting.pop()
        if target in found:
            continue
        found[target] = None
        for reader in draft.state.read_by.get(target, frozenset()):
            if reader not in views:
                raise refusal(
                    f"{target} must be dropped and made anew, for {shape_change(draft, views[target])}; "
                    f"and {reader}, which is not in these files, reads it",
                    views[target].origin,
                    fix=f"list {reader} here too, drop it before, or only add columns at the end",
                )
            waiting.append(reader)
    return list(found)


def _needs_another_shape(draft: Draft, wanted: Wanted) -> bool:
    """Whether a view keeps not all its columns, in order, at the beginning (PostgreSQL's rule for replacing)."""
    before = draft.state.objects.get(wanted.target)
    if before is None or not differs(draft, wanted):
        return False
    old, new = before.get("columns"), wanted.properties.get("columns")
    if not isinstance(old, tuple) or not isinstance(new, tuple):
        return False
    return new[: len(old)] != old


def shape_change(draft: Draft, wanted: Wanted) -> str:
    """Why a view must be made anew, in words that follow "for"."""
    before = draft.state.objects[wanted.target]
    old, new = before.get("columns"), wanted.properties.get("columns")
    if isinstance(old, tuple) and isinstance(new, tuple):
        lost = [column for column in old if column not in new]
        if lost:
            return f"its column {lost[0]} goes or changes"
        if new[: len(old)] != old:
            return "the order of its columns changes"
    return "what it reads is made anew"
