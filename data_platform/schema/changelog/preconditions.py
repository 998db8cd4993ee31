"""`--preconditions` and `--precondition-…` of a changeset."""

import re
from collections.abc import Sequence
from pathlib import Path

from data_platform.schema.changelog.properties import Properties
from data_platform.schema.errors import ChangelogError
from data_platform.schema.precondition import OnFail, Precondition, Preconditions

_FLAGS = re.ASCII | re.IGNORECASE
_ON_FAIL = re.compile(r".*onFail:(\w+)", _FLAGS)
_ON_ERROR = re.compile(r".*onError:(\w+)", _FLAGS)
_ON_SQL_OUTPUT = re.compile(r".*onSqlOutput:(\w+)", _FLAGS)
_ON_FAIL_MESSAGE = re.compile(r".*onFailMessage:(\"[^\"]*\"|'[^']*'|\S+)", _FLAGS)
_ON_ERROR_MESSAGE = re.compile(r".*onErrorMessage:(\"[^\"]*\"|'[^']*'|\S+)", _FLAGS)
_SQL_OUTPUTS = ("IGNORE", "TEST", "FAIL")
_EXPECTED = re.compile(r"\s*expectedResult:(\"[^\"]*\"|'[^']*'|\S+)\s+(?P<query>\S.*)", _FLAGS)
_EXPECTED_LAST = re.compile(r"\s*(?P<query>\S.*?)\s+expectedResult:(\"[^\"]*\"|'[^']*'|\S+)\s*", _FLAGS)
_TABLE = re.compile(r".*table:(\S+)", _FLAGS)
_VIEW = re.compile(r".*view:(\S+)", _FLAGS)
_SCHEMA = re.compile(r".*schema:(\S+)", _FLAGS)


def read_preconditions(
    head: tuple[int, str] | None, checks: Sequence[tuple[int, str, str]], source: Path, properties: Properties
) -> Preconditions | None:
    """Read a changeset's preconditions.

    Args:
        head: line number and what stands behind `--preconditions`, if that line is there.
        checks: line number, kind and the rest of each `--precondition-KIND` line.

    Returns:
        None when the changeset has none.

    Raises:
        ChangelogError: a kind or a value is not supported.
    """
    if head is None and not checks:
        return None
    line, rest = head or (checks[0][0], "")

    def outcome(pattern: re.Pattern[str], name: str) -> OnFail:
        value = _found(pattern, rest, "HALT").upper()
        if value not in OnFail.__members__:
            raise _wrong(f"{name}:{value} is unknown; known: {', '.join(OnFail)}", source, line)
        return OnFail(value)

    output = _found(_ON_SQL_OUTPUT, rest, "IGNORE").upper()
    if output not in _SQL_OUTPUTS:
        raise _wrong(f"onSqlOutput:{output} is unknown; known: {', '.join(_SQL_OUTPUTS)}", source, line)
    return Preconditions(
        checks=tuple(
            read_precondition(number, kind, properties.expand(text, source, number), source)
            for number, kind, text in checks
        ),
        on_fail=outcome(_ON_FAIL, "onFail"),
        on_error=outcome(_ON_ERROR, "onError"),
        on_sql_output=output,
        on_fail_message=_found(_ON_FAIL_MESSAGE, rest, "") or None,
        on_error_message=_found(_ON_ERROR_MESSAGE, rest, "") or None,
    )


def read_precondition(line: int, kind: str, rest: str, source: Path) -> Precondition:
    """Read one `--precondition-KIND` line.

    Raises:
        ChangelogError: the kind is not supported, or something is missing.
    """
    match kind:
        case "sql-check":
            found = _EXPECTED.fullmatch(rest) or _EXPECTED_LAST.fullmatch(rest)
            if not found:
                raise _wrong("the sql-check needs expectedResult:VALUE and a query", source, line)
            expected = next(group for group in found.groups() if group and group != found["query"])
            return Precondition("sql-check", line, expected=_unquoted(expected), query=found["query"])
        case "table-exists" | "view-exists" as known:
            name = _found(_TABLE if known == "table-exists" else _VIEW, rest, "")
            if not name:
                raise _wrong(f"the {known} check needs {known.partition('-')[0]}:NAME", source, line)
            return Precondition(known, line, name=name, schema=_found(_SCHEMA, rest, "") or None)
        case _:
            raise _wrong(f"the {kind!r} precondition is not supported", source, line)


def _found(pattern: re.Pattern[str], text: str, default: str) -> str:
    found = pattern.match(text)
    return _unquoted(found[1]) if found else default


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _wrong(what: str, source: Path, line: int) -> ChangelogError:
    return ChangelogError(
        what, where=source, line=line, fix="use sql-check, table-exists or view-exists", anchor="changelogs"
    )
