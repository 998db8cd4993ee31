"""Reads one file of Liquibase formatted SQL.

A changeset is its `--changeset` line and what follows up to the next one. Lines that are directives are taken out; the
others, joined, trimmed and with properties expanded, are its SQL. See `directives` for what a directive is.
"""

from collections.abc import Iterator
from pathlib import Path

from data_platform.schema.changelog import directives
from data_platform.schema.changelog.attributes import doubts, read_attributes, unquoted
from data_platform.schema.changelog.changeset_lines import take_directive, take_rollback, take_sql
from data_platform.schema.changelog.draft import Draft
from data_platform.schema.changelog.lines import Lines
from data_platform.schema.changelog.properties import Properties
from data_platform.schema.changeset import Changeset, Notice
from data_platform.schema.errors import ChangelogError
from data_platform.schema.paths import normalized


def is_formatted(text: str) -> bool:
    """Whether the first line that is not blank is the header of formatted SQL."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    return directives.HEADER.match(first) is not None


def read_formatted_sql(
    text: str, file: str, source: Path, properties: Properties, notices: list[Notice]
) -> list[Changeset]:
    """Read a file's changesets.

    Args:
        text: of the file, its lines ended by `\\n`.
        file: the name under which its changesets are recorded.
        source: the real file, for messages.
        properties: known so far; the file's own are added.
        notices: what is noticed is added here.

    Raises:
        ChangelogError: a line is wrong; with file and line.
    """
    return list(_Reader(text, file, source, properties, notices).changesets())


class _Reader:
    def __init__(self, text: str, file: str, source: Path, properties: Properties, notices: list[Notice]) -> None:
        self.lines = Lines(text)
        self.source = source
        self.properties = properties
        self.notices = notices
        self.own_file = file
        self.file = file
        self.draft: Draft | None = None

    def changesets(self) -> Iterator[Changeset]:
        self._header()
        for number, line in self.lines:
            start = line.lstrip()
            if start[:1] == "-" or start[:2] == "/*":
                finished = self.draft
                if self._directive(number, line):
                    if finished is not None and finished is not self.draft:
                        yield finished.changeset(self.properties)
                    continue
            if self.draft is not None:
                take_sql(self.draft, number, line)
        if self.draft is not None:
            yield self.draft.changeset(self.properties)

    def _header(self) -> None:
        for number, line in self.lines:
            if line.strip():
                found = directives.HEADER.match(line)
                if not found:
                    raise self._wrong(number, "the file does not begin with '--liquibase formatted sql'")
                path = read_attributes("::" + found["rest"]).file_path
                if path:
                    self.file = normalized(path)
                    self._notice(number, "a logicalFilePath on the file's header is ignored by Liquibase 5")
                return

    def _directive(self, number: int, line: str) -> bool:
        """Take a directive in; False when the line is SQL after all."""
        if found := directives.IGNORE_LINES.fullmatch(line):
            if not self.lines.ignore(found["count"]):
                raise self._wrong(number, f"--ignoreLines:{found['count']} has no beginning, or is no number")
        elif found := directives.CHANGESET.fullmatch(line):
            self._begin(number, line, found["author"], found["id"], found["rest"])
        elif found := directives.PROPERTY.fullmatch(line):
            self._property(number, found["rest"])
        elif self.draft is not None and directives.ROLLBACK_BEGIN.fullmatch(line):
            self._rollback_block(self.draft, number, line)
        elif self.draft is None or not take_directive(self.draft, number, line):
            if near := directives.nearly(line, inside=self.draft is not None):
                raise self._wrong(number, f"the line nearly is a directive: {line.strip()!r}", fix=f"write {near!r}")
            if self.draft is None:
                self._before_the_first(number, line)
            elif found := directives.ALLOW.fullmatch(line):
                self.draft.allowed[found["what"].lower()] = found["reason"].strip()
            return False
        return True

    def _before_the_first(self, number: int, line: str) -> None:
        if directives.COMMENT.fullmatch(line):
            raise self._wrong(number, "a --comment stands before the first changeset")
        if directives.PRECONDITIONS.fullmatch(line) or directives.PRECONDITION.fullmatch(line):
            self._notice(number, "preconditions before the first changeset have no effect")

    def _begin(self, number: int, line: str, author: str, name: str, rest: str) -> None:
        attributes = read_attributes(line)
        expand = self.properties.expand
        self.draft = Draft(
            author=expand(unquoted(author), self.source, number),
            id=expand(unquoted(name), self.source, number),
            file=self.file,
            own_file=self.own_file,
            source=self.source,
            line=number,
            attributes=attributes,
        )
        for doubt in doubts(rest) if rest else ():
            self._notice(number, doubt)

    def _property(self, number: int, rest: str) -> None:
        from data_platform.schema.changelog.property_line import read_property

        found = read_property(rest)
        if found is None:
            self._notice(number, "the property has no value and is not defined")
        else:
            found.define(self.properties)

    def _rollback_block(self, draft: Draft, number: int, line: str) -> None:
        block, end = self.lines.until(directives.ROLLBACK_END)
        if end is None:
            raise self._wrong(number, "the rollback comment is not closed")
        take_rollback(draft, number, [line, *block, end[0]], "\n".join([*block, end["text"]]))

    def _notice(self, line: int, what: str) -> None:
        self.notices.append(Notice(what, self.source, line))

    def _wrong(self, line: int, what: str, fix: str | None = None) -> ChangelogError:
        return ChangelogError(what, where=self.source, line=line, fix=fix, anchor="changelogs")
