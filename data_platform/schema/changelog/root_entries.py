"""What stands in a YAML, JSON or XML root changelog: properties, includes, and changesets of SQL, tags or nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data_platform.schema.changelog.included import Included
from data_platform.schema.changelog.node import Node
from data_platform.schema.changelog.root_changeset import read_changeset
from data_platform.schema.changelog.root_file import RootFile
from data_platform.schema.errors import ChangelogError
from data_platform.schema.paths import normalized

if TYPE_CHECKING:
    from data_platform.schema.changelog.root import Reading

_INCLUDE = frozenset(
    ["file", "relativeToChangelogFile", "context", "contextFilter", "labels", "errorIfMissing", "ignore"]
)
_INCLUDE_ALL = frozenset(
    [
        "path",
        "relativeToChangelogFile",
        "errorIfMissingOrEmpty",
        "minDepth",
        "maxDepth",
        "endsWithFilter",
        "context",
        "contextFilter",
        "labels",
        "ignore",
    ]
)
_PROPERTY = frozenset(
    ["name", "value", "global", "context", "contextFilter", "labels", "dbms", "file", "relativeToChangelogFile"]
)


def read_root(text: str, file: str, source: Path, reading: "Reading", included: Included) -> None:
    """Read a root changelog into `reading`.

    Raises:
        ChangelogError: something is wrong or not supported; with file and line.
    """
    if source.suffix.lower() == ".xml":
        from data_platform.schema.changelog.xml_root import read_xml as read
    else:
        from data_platform.schema.changelog.yaml_root import read_yaml as read
    root = read(text, source)
    if root.name != "databaseChangeLog":
        raise ChangelogError(
            f"is no changelog: it begins with {root.name!r} instead of databaseChangeLog",
            where=source,
            line=root.line or 1,
            anchor="changelogs",
        )
    recorded = normalized(root.values["logicalFilePath"]) if root.values.get("logicalFilePath") else file
    properties = reading.properties.of_another_file()
    root_file = RootFile(file, recorded, source, properties, reading.search_path)
    entries = _Entries(root_file, reading, included)
    for entry in root.children:
        if entry.name != "logicalFilePath":
            entries.read(entry)


@dataclass(frozen=True)
class _Entries:
    root: RootFile
    reading: "Reading"
    included: Included

    def read(self, entry: Node) -> None:
        match entry.name:
            case "property":
                self._property(entry)
            case "include":
                self._include(entry)
            case "includeAll":
                self._include_all(entry)
            case "changeSet":
                changeset = read_changeset(entry, self.root)
                self.reading.changesets.append(self.included.applied(changeset))
            case _:
                raise self.root.wrong(entry, f"{entry.name!r} is not supported in a root changelog")

    def _property(self, entry: Node) -> None:
        values = self._values(entry, _PROPERTY)
        if "file" in values or not values.get("name"):
            raise self.root.wrong(entry, "a property needs a name and a value (a property file is not supported)")
        self.root.properties.define(
            values["name"],
            values.get("value", ""),
            contexts=values.get("contextFilter", values.get("context")),
            labels=values.get("labels"),
            dbms=values.get("dbms"),
            shared=entry.true("global", default=True),
        )

    def _include(self, entry: Node) -> None:
        values = self._values(entry, _INCLUDE)
        name = self._path(entry, values, "file")
        found = self.reading.include(name, self._below(entry, values), asked_at=(self.root.source, entry.line))
        if not found and entry.true("errorIfMissing", default=True):
            raise self.root.wrong(entry, f"the included changelog {name!r} does not exist")

    def _include_all(self, entry: Node) -> None:
        values = self._values(entry, _INCLUDE_ALL)
        folder = self._path(entry, values, "path")
        for unsupported in ("minDepth", "maxDepth"):
            if unsupported in values and not values[unsupported].strip().isdigit():
                raise self.root.wrong(entry, f"{unsupported} is a whole number, not {values[unsupported]!r}")
        count = self.reading.include_all(
            folder,
            self._below(entry, values),
            depths=range(int(values.get("minDepth", 1)), int(values.get("maxDepth", 10**6)) + 1),
            ending=values.get("endsWithFilter", ""),
        )
        if not count and entry.true("errorIfMissingOrEmpty", default=True):
            what = "does not exist" if count is None else "holds no changelog"
            raise self.root.wrong(entry, f"the folder {folder!r} {what}")

    def _path(self, entry: Node, values: Mapping[str, str], key: str) -> str:
        path = values.get(key, "").strip()
        if not path:
            raise self.root.wrong(entry, f"{entry.name} needs {key}")
        return self.root.path(entry, path)

    def _below(self, entry: Node, values: Mapping[str, str]) -> Included:
        return self.included.within(
            values.get("contextFilter", values.get("context")),
            values.get("labels"),
            entry.true("ignore", default=False),
            self.root.source,
            entry.line,
        )

    def _values(self, entry: Node, known: frozenset[str]) -> dict[str, str]:
        for name in entry.values:
            if name not in known and not re.match(r"xmlns|xsi", name):
                raise self.root.wrong(entry, f"{name!r} is not supported in {entry.name}")
        return {name: self.root.expanded(entry, value) for name, value in entry.values.items()}
