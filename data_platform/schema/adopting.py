"""What `dp schema baseline` does: write a database's objects out, and record a changelog as run."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from data_platform.errors import UsageError
from data_platform.schema.baseline import baseline, clear_checksums, unrecorded
from data_platform.schema.opening import connected, opened
from data_platform.schema.script import baseline_script
from data_platform.schema.step import Step
from data_platform.schema.target import Target

Tell = Callable[[str], None]


def adopt(
    target: Target, *, write: str | None, author: str, only_next: bool, wait_seconds: float, tell: Tell
) -> Sequence[Step]:
    """Record a target's changelog as run; write it first when asked.

    Args:
        write: folder in which to write the database's objects as the changelog; it must hold none yet.

    Raises:
        UsageError: it is not said which changelog, or the folder holds one.
    """
    if write is not None:
        from data_platform.schema.generate import write_changelog

        folder = Path(write)
        with connected(target) as database:
            for path in write_changelog(database, folder, author=author):
                tell(f"wrote {path}")
        target = replace(target, changelog=folder)  # recorded under the names that --changelog FOLDER gives
    _needs_changelog(target)
    with opened(target) as it:
        return baseline(
            it.database, it.changelog, it.selection, only_next=only_next, wait_seconds=wait_seconds, tell=tell
        )


def script(target: Target, *, only_next: bool) -> Iterator[str]:
    """The SQL of a baseline."""
    _needs_changelog(target)
    with opened(target) as it:
        steps = unrecorded(it.database, it.changelog, it.selection, only_next=only_next)
        yield from baseline_script(it.database, steps)


def forget_checksums(target: Target, *, wait_seconds: float, tell: Tell) -> int:
    """Clear the checksums of all rows, and tell how many."""
    with connected(target) as database:
        return clear_checksums(database, wait_seconds=wait_seconds, tell=tell)


def _needs_changelog(target: Target) -> None:
    if target.changelog == Path():
        raise UsageError(
            "it is not said which changelog to record", fix="give --unit, --changelog, or --write FOLDER to make one"
        )
