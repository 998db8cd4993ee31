"""The attributes behind `--changeset author:id`, read as Liquibase reads them.

It searches the whole line for each name and takes the last hit, wherever it stands: `rollbackEndDelimiter` counts as
`endDelimiter` too. That decides which SQL is split how and enters version 8 checksums, so it is the same here; what is
likely meant differently is told.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FLAGS = re.ASCII | re.IGNORECASE
_WORD = r"(\w+)"
_TEXT = r"(\S*)"
_QUOTED = r"(\"[^\"]*\"|\S*)"


def _last(name: str, value: str) -> re.Pattern[str]:
    return re.compile(f".*{name}:{value}", _FLAGS)


_RUN_ON_CHANGE = _last("runOnChange", _WORD)
_RUN_ALWAYS = _last("runAlways", _WORD)
_IN_TRANSACTION = _last("runInTransaction", _WORD)
_FAIL_ON_ERROR = _last("failOnError", _WORD)
_IGNORE = _last("ignore", _WORD)
_STRIP = _last("stripComments", _WORD)
_SPLIT = _last("splitStatements", _WORD)
_DELIMITER = _last("endDelimiter", _TEXT)
_ROLLBACK_SPLIT = _last("rollbackSplitStatements", _WORD)
_ROLLBACK_DELIMITER = _last("rollbackEndDelimiter", _TEXT)
_CONTEXT = _last("context", _QUOTED)
_CONTEXT_FILTER = _last("contextFilter", _QUOTED)
_LABELS = _last("labels", _QUOTED)
_DBMS = _last("dbms", r"([^,][\w!,]+)")
_FILE_PATH = _last("logicalFilePath", _TEXT)
_RUN_WITH = _last("runWith", _TEXT)

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

    run_on_change: bool
    run_always: bool
    run_in_transaction: bool
    fail_on_error: bool
    ignore: bool
    strip_comments: bool
    split: bool
    end_delimiter: str | None
    rollback_split: bool
    rollback_end_delimiter: str | None
    contexts: str | None
    labels: str | None
    dbms: str | None
    file_path: str | None
    run_with: str | None


NONE = Attributes(
    run_on_change=False,
    run_always=False,
    run_in_transaction=True,
    fail_on_error=True,
    ignore=False,
    strip_comments=True,
    split=True,
    end_delimiter=None,
    rollback_split=True,
    rollback_end_delimiter=None,
    contexts=None,
    labels=None,
    dbms=None,
    file_path=None,
    run_with=None,
)


def read_attributes(line: str) -> Attributes:
    """Read the attributes of a whole `--changeset` line."""
    if line.count(":") == 1 and not _RESEMBLING.search(line):  # author:id, no attribute
        return NONE
    contexts = _text(_CONTEXT_FILTER, line)
    return Attributes(
        run_on_change=_true(_RUN_ON_CHANGE, line, default=False),
        run_always=_true(_RUN_ALWAYS, line, default=False),
        run_in_transaction=_true(_IN_TRANSACTION, line, default=True),
        fail_on_error=_true(_FAIL_ON_ERROR, line, default=True),
        ignore=_true(_IGNORE, line, default=False),
        strip_comments=_true(_STRIP, line, default=True),
        split=_true(_SPLIT, line, default=True),
        end_delimiter=_text(_DELIMITER, line),
        rollback_split=_true(_ROLLBACK_SPLIT, line, default=True),
        rollback_end_delimiter=_text(_ROLLBACK_DELIMITER, line),
        contexts=contexts if contexts is not None else _text(_CONTEXT, line),
        labels=_text(_LABELS, line),
        dbms=_text(_DBMS, line),
        file_path=_text(_FILE_PATH, line),
        run_with=_text(_RUN_WITH, line),
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


def _true(pattern: re.Pattern[str], line: str, *, default: bool) -> bool:
    found = pattern.match(line)
    return found[1].lower() == "true" if found else default


def _text(pattern: re.Pattern[str], line: str) -> str | None:
    found = pattern.match(line)
    if not found:
        return None
    value = found[1]
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
