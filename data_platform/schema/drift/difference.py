"""One thing that differs between a database and what its changelog builds."""

from dataclasses import dataclass
from enum import StrEnum


class Change(StrEnum):
    """What became of an object."""

    MISSING = "missing"  # the changelog builds it, the database lacks it
    UNEXPECTED = "unexpected"  # the database has it, no changeset made it
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference.

    Args:
        kind: `table`, `column`, `constraint`, `index`, `view`, `function`…
        name: qualified; of a column or constraint with its table.
        aspect: for CHANGED, what of it: `type`, `default`, `definition`…
        expected: for CHANGED, what the changelog builds; None where that has nothing.
        actual: for CHANGED, what the database has.
    """

    change: Change
    kind: str
    name: str
    aspect: str | None = None
    expected: str | None = None
    actual: str | None = None

    def as_row(self) -> dict[str, str | None]:
        """It as data, for JSON."""
        return {
            "change": str(self.change),
            "kind": self.kind,
            "name": self.name,
            "aspect": self.aspect,
            "expected": self.expected,
            "actual": self.actual,
        }

    def __str__(self) -> str:
        match self.change:
            case Change.MISSING:
                return f"{self.kind} {self.name} is missing: the changelog makes it"
            case Change.UNEXPECTED:
                return f"{self.kind} {self.name} is not made by the changelog"
            case _:
                expected, actual = _shown(self.expected), _shown(self.actual)
                return f"{self.kind} {self.name}: {self.aspect} is {actual}, the changelog makes it {expected}"


def _shown(value: str | None) -> str:
    if value is None:
        return "nothing"
    line = " ".join(value.split())
    return line if len(line) <= 200 else f"{line[:199]}…"
