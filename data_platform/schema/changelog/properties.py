"""Changelog properties: `${name}` in changesets, replaced while files are read.

The rules are Liquibase's: names are compared without regard to case, the first definition wins, a definition counts
only for the contexts, labels and databases it names, and what nobody defined stays as it is written.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from data_platform.schema.errors import ChangelogError
from data_platform.schema.expressions import Selection

# the innermost `${…}`: one that holds no other
_REFERENCE = re.compile(r"\$\{\s*([^${}]*?)\s*\}")
_DEPTH = 50


@dataclass(frozen=True)
class Properties:
    """What is defined so far: given on the command line, global, or of one file.

    Args:
        selection: what the changelog is read for; definitions for something else do not count.
        given: from the command line; wins over all files.
        shared: global ones, in all files read after their definition. One dictionary for the whole changelog.
        own: those of the file being read.
    """

    selection: Selection
    given: Mapping[str, str] = field(default_factory=dict)
    shared: dict[str, str] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "given", {name.lower(): value for name, value in self.given.items()})

    def of_another_file(self) -> "Properties":
        """The same, for a file that is read next: what is not global stays behind."""
        return replace(self, own={})

    def define(
        self,
        name: str,
        value: str,
        *,
        contexts: str | None = None,
        labels: str | None = None,
        dbms: str | None = None,
        shared: bool = True,
    ) -> None:
        """Take a definition in, unless an earlier one has the name or it is for something else."""
        if self.selection.takes(contexts=contexts, labels=labels, dbms=dbms):
            (self.shared if shared else self.own).setdefault(name.lower(), value)

    def expand(self, text: str, source: Path, line: int) -> str:
        """The text with every known `${name}` replaced, also inside values and inside other references.

        Raises:
            ChangelogError: a property refers to itself.
        """
        if "${" not in text:
            return text
        for _ in range(_DEPTH):
            expanded = _REFERENCE.sub(self._value, text)
            if expanded == text:
                return text
            text = expanded
        raise ChangelogError(
            "a property refers to itself", where=source, line=line, fix="define it without ${…} of itself"
        )

    def _value(self, reference: re.Match[str]) -> str:
        name = reference[1].lower()
        for defined in (self.given, self.shared, self.own):
            if name in defined:
                return defined[name]
        return reference[0]
