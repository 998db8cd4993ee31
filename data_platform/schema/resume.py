"""Going on with a changeset that is not one transaction and came to a stop midway.

What ran is remembered statement by statement, and the next deploy goes on with the first one that did not finish. The
author who wants it undone and begun anew instead writes a comment above the changeset's SQL:

    --resume: rollback

Then its rollback runs first. It must bear a changeset that ran in part (`DROP TABLE IF EXISTS …`).
"""

import re
from dataclasses import dataclass

from data_platform.schema.changes import Sql
from data_platform.schema.changeset import Changeset
from data_platform.schema.errors import ChangelogError, ChangesetError
from data_platform.schema.notes import Progress, prefix_hashes
from data_platform.schema.statements import Statement, split

_COMMENTS = re.compile(r"(?:\s*--[^\n]*(?:\n|\Z))*")
_RESUME = re.compile(r"^[ \t]*--[ \t]*resume:[ \t]*(?P<how>\S*)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Resumption:
    """Where to go on.

    Args:
        done: statements that are not run again.
        undo: what runs before, to undo what an earlier try did.
        in_doubt: whether it is unknown how the statement ended that is the next to run.
        failed: whether that statement failed, as far as it is known.
    """

    done: int = 0
    undo: tuple[Statement, ...] = ()
    in_doubt: bool = False
    failed: bool = False


def rolls_back(changeset: Changeset) -> bool:
    """Whether its author wants an interrupted try rolled back.

    Raises:
        ChangelogError: the comment says something else, or there is no rollback.
    """
    for change in changeset.changes:
        above = _COMMENTS.match(change.text) if isinstance(change, Sql) else None
        found = _RESUME.search(above[0]) if above else None
        if found is None:
            continue
        how = found["how"].lower()
        if how not in ("next", "rollback"):
            raise _wrong(
                changeset, f"--resume: {found['how']} is unknown", "write --resume: next or --resume: rollback"
            )
        if how == "rollback" and (changeset.rollback is None or changeset.rollback.reference is not None):
            raise _wrong(
                changeset, "--resume: rollback, but the changeset has no rollback of its own", "add --rollback"
            )
        return how == "rollback"
    return False


def resumption(changeset: Changeset, statements: list[Statement], progress: Progress | None, dbms: str) -> Resumption:
    """Decide where a changeset goes on.

    Args:
        statements: of the changeset as it is now.
        progress: what is remembered of an earlier try; None when there was none.

    Raises:
        ChangesetError: what already ran was edited since.
    """
    if progress is None:
        return Resumption()
    if rolls_back(changeset):
        rollback = changeset.rollback.changes if changeset.rollback else ()
        return Resumption(undo=tuple(each for sql in rollback for each in split(sql, changeset.source, dbms)))
    if prefix_hashes(statements[: progress.done])[-1] != progress.done_hash:
        if changeset.run_on_change or changeset.run_always:
            return Resumption()  # made to run again: what is new in it is all that counts
        raise ChangesetError(
            f"changeset {changeset.identity}: {progress.done} of its statements ran before it came to a stop, and were "
            "edited since",
            where=changeset.source,
            line=changeset.line,
            fix="take the edit of those back, or write --resume: rollback above the SQL",
            anchor="interrupted-changesets",
        )
    return Resumption(done=progress.done, in_doubt=True, failed=progress.error is not None)


def _wrong(changeset: Changeset, what: str, fix: str) -> ChangelogError:
    return ChangelogError(
        f"changeset {changeset.identity}: {what}",
        where=changeset.source,
        line=changeset.line,
        fix=fix,
        anchor="interrupted-changesets",
    )
