"""The attributes behind `--changeset author:id`, read as Liquibase reads them.

It searches the whole line for each name and takes the last hit, wherever it stands: `rollbackEndDelimiter` counts as
`endDelimiter` too. That decides which SQL is split how and enters version 8 checksums, so it is the same here; what is
likely meant differently is told.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

_FLAGS = re.ASCII | re.IGNORECASE
_WORD = r"(\w+)"
_TEXT = r"(\S*)"
_QUOTED = r"(\"[^\"]*\"|\S*)"
_DATABASES = r"([^,][\w!,]+)"


@cache
def _last(name: str, value: str) -> re.Pattern[str]:
    return re.compile(f".*{name}:{value}", _FLAGS)


_KNOWN = [
    "runOnChange",
    "runAlways",
    "runInTransaction",
    "failOnError",
    "ignore",
    "stripComments",
    "splitStatements",
    "endDelimiter",
    "rollbackSplitStatements",
    "rollbackEndDelimiter",
    "context",
    "contextFilter",
    "labels",
    "dbms",
    "logicalFilePath",
    "runWith",
    "runWithSpoolFile",
]
_KNOWN_LOWER = {name.lower(): name for name in _KNOWN}
_BOOLEAN = {"runonchange", "runalways", "runintransaction", "failonerror", "ignore", "stripcomments"} | {
    "splitstatements",
    "rollbacksplitstatements",
}
_RESEMBLING = re.compile(f"({'|'.join(_KNOWN)}):", _FLAGS)
_PAIR = re.compile(r"(?P<name>[A-Za-z_]\w*):(?P<value>\"[^\"]*\"|'[^']*'|\S*)")


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a changeset's line says beside author and id; strings as written, without their quotes."""

    run_on_change: bool = False
    run_always: bool = False
    run_in_transaction: bool = True
    fail_on_error: bool = True
    ignore: bool = False
    strip_comments: bool = True
    split: bool = True
    end_delimiter: str | None = None
    rollback_split: bool = True
    rollback_end_delimiter: str | None = None
    contexts: str | None = None
    labels: str | None = None
    dbms: str | None = None
    file_path: str | None = None
    run_with: str | None = None


NONE = Attributes()


def read_attributes(line: str) -> Attributes:
    """Read the attributes of a whole `--changeset` line."""
    if line.count(":") == 1 and not _RESEMBLING.search(line):  # author:id, no attribute
        return NONE
    contexts = _text("contextFilter", _QUOTED, line)
    return Attributes(
        run_on_change=_true("runOnChange", line, default=False),
        run_always=_true("runAlways", line, default=False),
        run_in_transaction=_true("runInTransaction", line, default=True),
        fail_on_error=_true("failOnError", line, default=True),
        ignore=_true("ignore", line, default=False),
        strip_comments=_true("stripComments", line, default=True),
        split=_true("splitStatements", line, default=True),
        end_delimiter=_text("endDelimiter", _TEXT, line),
        rollback_split=_true("rollbackSplitStatements", line, default=True),
        rollback_end_delimiter=_text("rollbackEndDelimiter", _TEXT, line),
        contexts=contexts if contexts is not None else _text("context", _QUOTED, line),
        labels=_text("labels", _QUOTED, line),
        dbms=_text("dbms", _DATABASES, line),
        file_path=_text("logicalFilePath", _TEXT, line),
        run_with=_text("runWith", _TEXT, line),
    )


def doubts(rest: str) -> Iterator[str]:
    """What in the text after `author:id` is likely meant differently from how it is read.

    Yields:
        One clause for each doubt.
    """
    for pair in _PAIR.finditer(rest):
        name, value = pair["name"], pair["value"]
        known = _KNOWN_LOWER.get(name.lower())
        if known is None:
            yield f"{name!r} is no attribute of a changeset and has no effect"
        elif not value.strip("\"'"):
            yield f"{known} has no value: no blank may follow the colon"
        elif name.lower() in _BOOLEAN and value.lower().rstrip(",") not in ("true", "false"):
            yield f"{known}:{value} counts as false: write true or false"
        elif value.startswith("'") or (value.startswith('"') and known not in ("context", "contextFilter", "labels")):
            yield f"{known} cannot be quoted like this: the quotes are part of its value, which ends at the first blank"
        elif known in ("rollbackEndDelimiter", "rollbackSplitStatements"):
            yield f"{known} counts for the changeset's own SQL too"
    unpaired = _PAIR.sub("", rest).replace(",", " ").split()
    if unpaired:
        yield f"{' '.join(unpaired)!r} has no effect: attributes are written name:value"


def unquoted(text: str) -> str:
    """The text without one pair of quotes around it."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _true(name: str, line: str, *, default: bool) -> bool:
    found = _last(name, _WORD).match(line)
    return found[1].lower() == "true" if found else default


def _text(name: str, value: str, line: str) -> str | None:
    found = _last(name, value).match(line)
    if not found:
        return None
    text = str(found[1])
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
