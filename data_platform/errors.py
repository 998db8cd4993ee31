"""What every error a person sees is made of: what is wrong, where, and what to do."""

from pathlib import Path


class DataPlatformError(Exception):
    """Base of all errors meant for a person; each room has one subclass as its own base.

    The command line prints `str(error)` as one line and exits with `exit_code`.

    Args:
        what: what is wrong, in one clause.
        where: the file (and line) at fault, or None.
        line: 1-based line in `where`, or None.
        fix: what the reader should do, or None when the cause says it.
        anchor: heading in docs/errors.md that explains more, or None.
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        where: Path | str | None = None,
        line: int | None = None,
        fix: str | None = None,
        anchor: str | None = None,
    ) -> None:
        self.what = " ".join(what.split())
        self.where = None if where is None else f"{where}:{line}" if line else str(where)
        self.fix = fix
        self.anchor = anchor
        super().__init__(self.what)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        fix = f" -> {self.fix}" if self.fix else ""
        anchor = f" (docs/errors.md#{self.anchor})" if self.anchor else ""
        return f"{place}{self.what}{fix}{anchor}"


class UsageError(DataPlatformError):
    """The command was called wrongly, or a file written by hand is wrong."""

    exit_code = 2
