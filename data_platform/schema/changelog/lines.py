"""The lines of a formatted SQL file, read once from the first to the last."""

import re
from collections.abc import Iterator

from data_platform.schema.changelog import directives


class Lines:
    """Lines with their 1-based numbers.

    Args:
        text: of the file, its lines ended by `\\n`.
    """

    def __init__(self, text: str) -> None:
        self._rest = enumerate(text.split("\n"), 1)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return self._rest

    def ignore(self, count: str) -> bool:
        """Pass over what `--ignoreLines:` says.

        Args:
            count: `start`, for all up to `--ignoreLines:end`, or how many.

        Returns:
            False when it says neither.
        """
        if count == "start":
            self.until(directives.IGNORE_END)
        elif count.isdigit():
            for _ in zip(range(int(count)), self._rest, strict=False):
                pass
        else:
            return False
        return True

    def until(self, end: re.Pattern[str]) -> tuple[list[str], re.Match[str] | None]:
        """The lines up to the one that is the end, and that one, or None when the file ends before."""
        passed: list[str] = []
        for _, line in self._rest:
            if found := end.fullmatch(line):
                return passed, found
            passed.append(line)
        return passed, None
