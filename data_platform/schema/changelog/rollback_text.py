"""What a changeset's rollback lines mean, joined: SQL, nothing, or another changeset."""

import re
from pathlib import Path

from data_platform.schema.changelog.attributes import Attributes
from data_platform.schema.changes import Sql
from data_platform.schema.changeset import Identity, Rollback
from data_platform.schema.errors import ChangelogError
from data_platform.schema.paths import normalized

_NOTHING = re.compile(r"(not required|empty)\s*;?", re.ASCII | re.IGNORECASE)
_PAIR = re.compile(r"(changesetId|changesetAuthor|changesetPath):(\S+)", re.ASCII | re.IGNORECASE)


def read_rollback(text: str, attributes: Attributes, file: str, source: Path, line: int) -> Rollback | None:
    """Read a changeset's rollback.

    Args:
        text: its lines joined by newlines, trimmed, properties expanded.
        attributes: of the changeset.
        file: recorded file of the changeset, where a reference names no other.

    Returns:
        None when the lines say nothing at all.

    Raises:
        ChangelogError: it refers to a changeset without saying which.
    """
    if not text:
        return None
    if _NOTHING.fullmatch(text):
        return Rollback()
    pairs = {name.lower(): value for name, value in _PAIR.findall(text)}
    if "changesetid" in pairs:
        if "changesetauthor" not in pairs:
            raise ChangelogError(
                "the rollback names changesetId but no changesetAuthor", where=source, line=line, anchor="changelogs"
            )
        if rest := _PAIR.sub("", text).strip():
            raise ChangelogError(
                f"the rollback refers to a changeset and says {rest!r} too",
                where=source,
                line=line,
                fix="write either SQL or a reference",
                anchor="changelogs",
            )
        path = normalized(pairs["changesetpath"]) if "changesetpath" in pairs else file
        return Rollback(reference=Identity(path, pairs["changesetid"], pairs["changesetauthor"]))
    delimiter = attributes.rollback_end_delimiter
    return Rollback(changes=(Sql(text, line, attributes.rollback_split, False, delimiter),))
