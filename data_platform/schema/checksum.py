"""Liquibase's checksums, versions 8 and 9, and an exact hash beside them.

Both are MD5 sums over the sums of a changeset's changes. Version 9 leaves out all white space, inside literals too;
version 8 keeps single blanks and takes in how the SQL is split. MD5 is the format's, not a means of security.
"""

import hashlib
import re
from collections.abc import Sequence

from data_platform.schema.changes import Change, Empty, Sql, TagDatabase

CURRENT_VERSION = 9

_BLANKS = dict.fromkeys(map(ord, " \n\r\t"))
_BLANK_RUN = re.compile(r"[ \t\n\r\f\v]+")
# what trimming takes away at both ends: every character up to U+0020
CONTROLS = "".join(map(chr, range(0x21)))


def checksum_9(changes: Sequence[Change]) -> str:
    """The changeset's sum as Liquibase 4.22 and later write it: `9:` and 32 hexadecimal digits."""
    return _of_all(9, [_nine(change) for change in changes])


def checksum_8(changes: Sequence[Change], version: int = 8) -> str:
    """The changeset's sum as Liquibase 3.4 to 4.21 wrote it: `8:` and 32 hexadecimal digits.

    Args:
        version: the number in front, where it is an older one: Liquibase reckons those the same way.
    """
    return _of_all(version, [_eight(change) for change in changes])


def content_hash(changes: Sequence[Change]) -> str:
    """SHA-256 in hexadecimal of the exact text: two changesets with the same hash do the same."""
    exact = "\0".join(_exact(change) for change in changes)
    return hashlib.sha256(exact.encode("utf-8", "surrogatepass")).hexdigest()


def version_of(stored: str) -> int | None:
    """The version of a stored sum such as `9:63eb…`, or None when it has none."""
    number, colon, _ = stored.partition(":")
    return int(number) if colon and number.isascii() and number.isdigit() else None


def _of_all(version: int, sums: Sequence[str]) -> str:
    return f"{version}:{_md5(''.join(f'{version}:{each}:' for each in sums))}"


def _nine(change: Change) -> str:
    return _md5(change.text.translate(_BLANKS) if isinstance(change, Sql) else _described(change))


def _eight(change: Change) -> str:
    if not isinstance(change, Sql):
        return _md5(_described(change))
    text = _BLANK_RUN.sub(" ", change.text).strip(CONTROLS)
    # a slash that ends the SQL on a line of its own made itself the delimiter
    delimiter = change.end_delimiter or ("\n/$" if change.text.endswith("\n/") else "null")
    how = f"{delimiter}:{_java(change.split)}:{_java(change.strip_comments)}"
    return _md5(f"{how}:{text}")


def _described(change: TagDatabase | Empty) -> str:
    return f'tagDatabase:[\n    tag="{change.tag}"\n]' if isinstance(change, TagDatabase) else "empty:[]"


def _exact(change: Change) -> str:
    if not isinstance(change, Sql):
        return _described(change)
    return f"sql:{change.end_delimiter!r}:{change.split}:{change.strip_comments}:{change.text}"


def _java(value: bool) -> str:
    return "true" if value else "false"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
