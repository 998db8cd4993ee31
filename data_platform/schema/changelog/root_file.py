"""A YAML, JSON or XML root while it is read: its names, what is expanded in it, and errors that tell the place."""

import posixpath
from dataclasses import dataclass
from pathlib import Path

from data_platform.schema.changelog.files import SearchPath
from data_platform.schema.changelog.node import Node
from data_platform.schema.changelog.properties import Properties
from data_platform.schema.errors import ChangelogError
from data_platform.schema.paths import normalized


@dataclass(frozen=True, slots=True)
class RootFile:
    """A root changelog.

    Args:
        name: its own name in the search path, from which relative paths start.
        recorded: the name under which its changesets are recorded.
        source: the file itself, for messages.
        properties: known so far; the file's own are added.
        search_path: where the files are that it names.
    """

    name: str
    recorded: str
    source: Path
    properties: Properties
    search_path: SearchPath

    def expanded(self, node: Node, text: str) -> str:
        """A text of an element, with properties expanded.

        Raises:
            ChangelogError: a property refers to itself; with file and line.
        """
        return self.properties.expand(text, self.source, node.line)

    def path(self, node: Node, written: str) -> str:
        """A path of an element as the search path knows it, from the root's folder where the element says so."""
        path = normalized(written)
        if node.true("relativeToChangelogFile", default=False):
            return normalized(posixpath.join(posixpath.dirname(self.name), path))
        return path

    def wrong(self, node: Node, what: str, fix: str | None = None) -> ChangelogError:
        """The error for an element that is wrong or not supported."""
        return ChangelogError(what, where=self.source, line=node.line, fix=fix, anchor="changelogs")
