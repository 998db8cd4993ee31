"""What of a changelog a database has, so that it can be built once more."""

from collections.abc import Iterable
from dataclasses import replace

from data_platform.schema.changeset import Changeset
from data_platform.schema.history import History, Ran
from data_platform.schema.lint.actions import Create, CreateIndex
from data_platform.schema.lint.names import Name
from data_platform.schema.lint.statements import Done, done_by
from data_platform.schema.precondition import OnFail


def deployed(changesets: Iterable[Changeset], history: History) -> list[Changeset]:
    """The changesets that ran here, made to run once more whatever contexts are given.

    One that was only marked as run is tried under its preconditions, as it was then: on the scratch database, too, they
    say whether it is needed.
    """
    return [_again(changeset, row) for changeset in changesets if (row := history.of(changeset))]


def edited_since(changesets: Iterable[Changeset], history: History) -> list[Changeset]:
    """Deployed changesets whose text is not what ran: what they make now is not what is to be there."""
    found = []
    for changeset in changesets:
        row = history.of(changeset)
        sums = (*changeset.checksums(9), *changeset.checksums(8))
        if row is not None and row.checksum is not None and row.checksum not in sums:
            found.append(changeset)
    return found


def made_by(changesets: Iterable[Changeset], dbms: str, *kinds: str) -> set[Name]:
    """Objects that changesets make, of some kinds or of all."""
    names = set()
    for changeset in changesets:
        for done in done_by(changeset, dbms):
            action = done.action if isinstance(done, Done) else None
            if isinstance(action, Create) and (not kinds or action.kind in kinds):
                names.add(action.name)
            elif isinstance(action, CreateIndex) and not kinds:
                names |= {action.index, action.table}
    return names


def touched_by(changesets: Iterable[Changeset], dbms: str) -> set[Name]:
    """Objects that changesets make or change."""
    names = set()
    for changeset in changesets:
        for done in done_by(changeset, dbms):
            action = done.action if isinstance(done, Done) else None
            for attribute in ("name", "table", "index"):
                if isinstance(name := getattr(action, attribute, None), Name):
                    names.add(name)
            names |= {name for name in getattr(action, "names", ()) if isinstance(name, Name)}
    return names


def _again(changeset: Changeset, row: Ran) -> Changeset:
    preconditions = None
    if row.exectype == "MARK_RAN" and changeset.preconditions is not None:
        preconditions = changeset.preconditions._replace(on_fail=OnFail.MARK_RAN, on_error=OnFail.MARK_RAN)
    return replace(
        changeset,
        contexts=None,
        labels=(),
        dbms=(),
        ignore=False,
        run_always=False,
        run_on_change=False,
        preconditions=preconditions,
    )
