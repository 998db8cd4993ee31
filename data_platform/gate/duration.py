"""Spans of time as people write them: `30m`, `1h30m`, `2d`. Pure."""

import re
from datetime import timedelta

from data_platform.errors import UsageError

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_WHOLE = re.compile(r"(?:\d+[dhms])+")
_PART = re.compile(r"(\d+)([dhms])")
_LONGEST = timedelta(days=30)


def read_duration(text: str) -> timedelta:
    """A span of time.

    Raises:
        UsageError: it is none, or nothing, or longer than 30 days.
    """
    written = text.strip().lower()
    fix = "write it as in 90s, 30m, 1h30m, 2d"
    if not _WHOLE.fullmatch(written):
        raise UsageError(f"{text!r} is no span of time", fix=fix, anchor="holds")
    # more digits than 30 days of seconds have are too long, however they are read
    seconds = sum(int(number[-12:]) * _UNITS[unit] for number, unit in _PART.findall(written))
    span = timedelta(seconds=min(seconds, 10**9))
    if not timedelta(0) < span <= _LONGEST:
        raise UsageError(f"{text!r} is not between 1 second and 30 days", fix=fix, anchor="holds")
    return span


def write_duration(span: timedelta) -> str:
    """The same the other way round, to the second: `1h30m`."""
    seconds, parts = int(span.total_seconds()), []
    for unit, size in _UNITS.items():
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
