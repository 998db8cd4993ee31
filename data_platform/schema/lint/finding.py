"""What lint says, and what it is asked."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from data_platform.schema.changeset import Identity
from data_platform.schema.expressions import Selection
from data_platform.schema.history import History


class Severity(StrEnum):
    """Whether a finding stops a deploy."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that lint found.

    Args:
        rule: its name, a heading of docs/schema-lint.md.
        line: 1-based line of the statement, or of the changeset where it is about the whole.
        changeset: None where it is about a file.
        fix: what the author should do.
        consent: the reason with which the author, or whoever runs lint, allows it; such a finding is a warning.
    """

    rule: str
    severity: Severity
    message: str
    source: Path
    line: int
    changeset: Identity | None = None
    fix: str = ""
    consent: str | None = None

    @property
    def page(self) -> str:
        """Where the rule is explained."""
        return f"docs/schema-lint.md#{self.rule}"

    def as_row(self) -> dict[str, object]:
        """It as data, for JSON."""
        return {
            "rule": self.rule,
            "severity": str(self.severity),
            "message": self.message,
            "source": str(self.source),
            "line": self.line,
            "changeset": str(self.changeset) if self.changeset else None,
            "fix": self.fix,
            "consent": self.consent,
            "page": self.page,
        }

    def __str__(self) -> str:
        allowed = f" (allowed: {self.consent})" if self.consent else ""
        fix = f" -> {self.fix}" if self.fix and not self.consent else ""
        return f"{self.source}:{self.line}: {self.severity}: {self.message}{allowed}{fix} ({self.page})"


@dataclass(frozen=True)
class Options:
    """What lint is asked.

    Args:
        allowed: rules, or groups of rules, that are allowed everywhere (`destructive`).
        history: of the database that a deploy is for; what it has deployed is not looked at, but for edits. None when
            nothing is known: then every changeset is looked at, and an object that another changeset made counts as
            one that may exist.
        selection: what the deploy is for; counts only with a history.
        convention: the folder (or a root changelog in it) that must follow the convention of a unit's `schema/`; None
            to not look at names.
        files: look only at changesets of these files (those of a commit, say), or None for all.
    """

    allowed: frozenset[str] = frozenset()
    history: History | None = None
    selection: Selection | None = None
    convention: Path | None = None
    files: frozenset[Path] | None = field(default=None)
