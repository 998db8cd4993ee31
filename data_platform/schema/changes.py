"""What a changeset does: SQL, a tag, or nothing."""

from dataclasses import dataclass
from typing import NamedTuple


class Sql(NamedTuple):
    """SQL to run.

    Args:
        text: as in the file, trimmed, properties expanded; comments and delimiters are still in it.
        line: 1-based line of the file where the text begins.
        split: whether the text is several statements.
        strip_comments: whether comments are left out of what the database is sent.
        end_delimiter: what ends a statement instead of `;`, `GO` or `/` (a regular expression, as in Liquibase).
        dbms: databases this SQL is for; empty means all.
        path: the file that a root changelog's `sqlFile` took it from, as recorded in the history.
        gaps: lines of the file behind `line` that are not in the text (directives), increasing.
    """

    text: str
    line: int = 1
    split: bool = True
    strip_comments: bool = True
    end_delimiter: str | None = None
    dbms: tuple[str, ...] = ()
    path: str | None = None
    gaps: tuple[int, ...] = ()

    def file_line(self, counted: int) -> int:
        """The file's line for one that was counted on from `line` as if the text had no gaps."""
        for gap in self.gaps:
            if gap > counted:
                break
            counted += 1
        return counted


@dataclass(frozen=True, slots=True)
class TagDatabase:
    """Puts a tag on the history at this point.

    Args:
        stays: whether a rollback to the tag leaves the changeset that sets it.
    """

    tag: str
    stays: bool = False


@dataclass(frozen=True, slots=True)
class Empty:
    """Does nothing, and is recorded."""


Change = Sql | TagDatabase | Empty
