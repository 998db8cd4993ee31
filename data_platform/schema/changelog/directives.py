"""The lines of a formatted SQL file that are not SQL: what each looks like, and what nearly looks like one.

Only ASCII counts and case does not. Directives begin at column 0, but for those that Liquibase finds indented too. What
nearly is a directive is refused, as Liquibase does: a rollback lost to a missing hyphen is worse than a stopped deploy.
"""

import re
from functools import cache

_FLAGS = re.ASCII | re.IGNORECASE

HEADER = re.compile(r"\s*--\s*liquibase\s+formatted\s+sql(?P<rest>.*)", _FLAGS)
CHANGESET = re.compile(r"\s*--\s*changeset\s+(?P<author>\"[^\"]+\"|[^:]+):(?P<id>\"[^\"]+\"|\S+)(?P<rest>.*)", _FLAGS)
PROPERTY = re.compile(r"\s*--\s*property\s+(?P<rest>.*name:.*value:.*|.*value:.*name:.*)", _FLAGS)
COMMENT = re.compile(r"--\s*comment:? (?P<text>.*)", _FLAGS)
VALID_CHECKSUM = re.compile(r"--\s*validCheckSum:? (?P<sum>.*)", _FLAGS)
IGNORE_LINES = re.compile(r"--\s*ignoreLines:(?P<count>\w+)\s*", _FLAGS)
IGNORE_END = re.compile(r"--\s*ignoreLines:end\s*", _FLAGS)
ROLLBACK = re.compile(r"\s*--\s*rollback (?P<text>.*)", _FLAGS)
ROLLBACK_BEGIN = re.compile(r"\s*/\*\s*liquibase\s+rollback\s*", _FLAGS)
ROLLBACK_END = re.compile(r"(?P<text>.*)\*/\s*", _FLAGS)
PRECONDITIONS = re.compile(r"\s*--\s*preconditions(?P<rest>.*)", _FLAGS)
PRECONDITION = re.compile(r"\s*--\s*precondition-(?P<kind>[a-zA-Z0-9-]+)(?P<rest>\s.*|)", _FLAGS)
# ours: consent to a lint finding; to Liquibase it is a comment, and part of the checksum
ALLOW = re.compile(r"\s*--\s*allow\s+(?P<what>[\w-]+):?\s*(?P<reason>.*)", _FLAGS)


@cache
def _nearly(*, inside: bool) -> tuple[tuple[re.Pattern[str], str], ...]:
    """What nearly is a directive, inside a changeset or before the first: (pattern, how it should read)."""
    anywhere = (
        (re.compile(r"\s*--\s*changeset.*|\s*-\s*changeset\s+[^:]+:\S+.*", _FLAGS), "--changeset author:id"),
        (re.compile(r"--\s*ignore:\w+|-\s*ignoreLines:\w+", _FLAGS), "--ignoreLines:start, end or a number"),
        (re.compile(r"\s*-+\s*property\s.+", _FLAGS), "--property name:NAME value:VALUE"),
    )
    within = (
        (re.compile(r"-\s*comment:? .*|--\s*comments:? .*", _FLAGS), "--comment: TEXT"),
        (re.compile(r"-\s*validCheckSum.*", _FLAGS), "--validCheckSum: SUM"),
        (re.compile(r"\s*-\s*rollback\s.*", _FLAGS), "--rollback SQL"),
        (re.compile(r"\s*-\s*preconditions.*", _FLAGS), "--preconditions onFail:HALT"),
        (re.compile(r"\s*-\s*precondition-.*", _FLAGS), "--precondition-sql-check expectedResult:1 SELECT ..."),
    )
    return anywhere + within if inside else anywhere


def nearly(line: str, *, inside: bool) -> str | None:
    """How a line should read that nearly is a directive, or None when it is just SQL.

    Args:
        line: one line of the file.
        inside: whether a changeset has begun.
    """
    return next((form for pattern, form in _nearly(inside=inside) if pattern.fullmatch(line)), None)
