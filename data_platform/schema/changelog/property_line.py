"""`--property name:N value:V` with its optional context, labels, dbms and global."""

import re
from dataclasses import dataclass

from data_platform.schema.changelog.properties import Properties

_FLAGS = re.ASCII | re.IGNORECASE


def _one(name: str) -> re.Pattern[str]:
    return re.compile(rf".*{name}:\s*(\S+)", _FLAGS)


_NAME, _VALUE, _CONTEXT, _CONTEXT_FILTER, _LABELS, _DBMS, _GLOBAL = (
    _one(name) for name in ("name", "value", "context", "contextFilter", "labels", "dbms", "global")
)


@dataclass(frozen=True, slots=True)
class PropertyLine:
    """A property as its line defines it."""

    name: str
    value: str
    contexts: str | None
    labels: str | None
    dbms: str | None
    shared: bool

    def define(self, properties: Properties) -> None:
        """Take it into the properties known."""
        properties.define(
            self.name,
            self.value,
            contexts=self.contexts,
            labels=self.labels,
            dbms=self.dbms,
            shared=self.shared,
        )


def read_property(rest: str) -> PropertyLine | None:
    """Read what stands behind `--property`, or None without a name or a value."""
    name, value = _found(_NAME, rest), _found(_VALUE, rest)
    if name is None or value is None:
        return None
    return PropertyLine(
        name,
        value,
        contexts=_found(_CONTEXT_FILTER, rest) or _found(_CONTEXT, rest),
        labels=_found(_LABELS, rest),
        dbms=_found(_DBMS, rest),
        shared=(_found(_GLOBAL, rest) or "true").lower() != "false",
    )


def _found(pattern: re.Pattern[str], rest: str) -> str | None:
    found = pattern.match(rest)
    return found[1] if found else None
