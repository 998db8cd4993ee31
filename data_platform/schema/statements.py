"""Splits SQL text into the statements that a database is sent one by one.

A statement ends at `;` and at a line that holds only `GO` or `/`, or at the changeset's own `endDelimiter`: never in
quotes, dollar quotes and comments, nor (at `;`) in parentheses and bodies of routines.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from data_platform.schema.blocks import Blocks
from data_platform.schema.changes import Sql
from data_platform.schema.errors import ChangelogError
from data_platform.schema.tokens import tokens_of

_UNSENDABLE = re.compile("[\0\ud800-\udfff]")
_COMMENTS_ABOVE = re.compile(r"\A(?:\s+|--[^\n]*|/\*.*?\*/)+", re.DOTALL)
_COMMENT_EDGE = re.compile(r"/\*|\*/")


class Statement(NamedTuple):
    """One statement.

    Args:
        text: as the database is sent it, without its delimiter.
        line: 1-based line of the file where the text begins.
        gaps: lines of the file behind it that are not in the text, increasing.
        file: where it stands, when that is not its changeset's file.
    """

    text: str
    line: int
    gaps: tuple[int, ...] = ()
    file: str | None = None

    @property
    def bare(self) -> str:
        """The text from its first word on, without comments before it."""
        return _COMMENTS_ABOVE.sub("", self.text, count=1)

    def line_at(self, position: int | None) -> int:
        """The file's line at a character of the text, counted from 0; the first line for None."""
        line = self.line + (self.text.count("\n", 0, position) if position else 0)
        for gap in self.gaps:
            if gap > line:
                break
            line += 1
        return line


def split(sql: Sql, source: Path | str | None = None, dbms: str = "postgresql") -> list[Statement]:
    """Split SQL as its attributes say (`splitStatements`, `stripComments`, `endDelimiter`).

    Args:
        source: the file, for messages.
        dbms: `postgresql`, `duckdb` or `snowflake`, which differ in how text is quoted.

    Returns:
        The statements in order. Those that are empty, or nothing but comments, are left out. The line breaks of
        comments that are stripped stay, so that lines can still be told. Optimizer hints (`/*+ … */`) stay, too.

    Raises:
        ChangelogError: a quote or a comment is not closed, a character cannot be sent, or the delimiter is no usable
            regular expression.
    """
    if found := _UNSENDABLE.search(sql.text):
        line = sql.file_line(sql.line + sql.text.count("\n", 0, found.start()))
        what = f"the SQL holds a character that no database takes: U+{ord(found[0]):04X}"
        raise ChangelogError(what, where=sql.path or source, line=line, anchor="changelogs")
    if not sql.split and not sql.strip_comments:
        return [Statement(sql.text, sql.line, sql.gaps, sql.path)] if sql.text.strip() else []
    return list(_Splitter(sql, source, dbms).statements())


class _Splitter:
    def __init__(self, sql: Sql, source: Path | str | None, dbms: str) -> None:
        self.sql, self.text, self.strip, self.source = sql, sql.text, sql.strip_comments, sql.path or source
        self.nests = dbms != "snowflake"  # comments in comments
        self.line, self.start = sql.line, 0  # where the statement begins
        self.copied, self.pieces = 0, list[str]()
        delimiter = sql.end_delimiter if sql.split else None
        self.blocks = Blocks(scripting=dbms == "snowflake") if delimiter is None else None
        try:
            self.tokens = tokens_of("snowflake" if dbms == "snowflake" else "postgresql", delimiter, sql.split)
        except re.error as error:
            what = f"endDelimiter {sql.end_delimiter!r} cannot be used: {error}"
            raise self._wrong(what, 0, fix="correct it: it is a regular expression") from None

    def statements(self) -> Iterator[Statement]:
        position, content, blocks = 0, False, self.blocks
        while found := self.tokens.match(self.text, position):
            kind, first, position = found.lastgroup, found.start(), found.end()
            match kind:
                case "space":
                    continue
                case "comment" | "opening":
                    if kind == "opening":
                        position = self._closing(first)
                    if self.text.startswith("/*+", first):
                        content = True
                    elif self.strip:
                        self._leave_out(first, position)
                    continue
                case "end" if blocks is None or found[0] != ";" or not blocks.goes_on():
                    statement = self._cut(first, position)
                    if content:
                        yield statement
                    content = False
                    if blocks is not None:
                        blocks.reset()
                    continue
                case "word" | "bracket" if blocks is not None:
                    blocks.take_in(found[0])
                case "unclosed":
                    raise self._wrong(f"the quote {found[0]} is not closed", first)
            content = True
        statement = self._cut(len(self.text), len(self.text))
        if content:
            yield statement

    def _cut(self, end: int, following: int) -> Statement:
        """What was read since the last cut, up to `end`; the next statement begins at `following`."""
        text = "".join([*self.pieces, self.text[self.copied : end]])
        bare = text.lstrip()
        line = self.sql.file_line(self.line + text.count("\n", 0, len(text) - len(bare)))
        gaps = tuple(gap for gap in self.sql.gaps if gap > line) if self.sql.gaps else ()
        statement = Statement(bare.rstrip(), line, gaps, self.sql.path)
        self.line += self.text.count("\n", self.start, following)
        self.start = self.copied = following
        self.pieces = []
        return statement

    def _leave_out(self, first: int, end: int) -> None:
        text, before = self.text, self.text[self.copied : first]
        instead = "\n" * text.count("\n", first, end)
        if text[end : end + 1] in ("", "\n"):
            before = before.rstrip(" \t")
        elif not instead and before[-1:].strip():
            instead = " "  # `a/* */b` is not `ab`
        self.pieces += [before, instead]
        self.copied = end

    def _closing(self, first: int) -> int:
        """Where the comment ends that `/*` opens at `first`."""
        depth = 0
        for edge in _COMMENT_EDGE.finditer(self.text, first):
            if edge[0] == "*/":
                depth -= 1
            elif self.nests or not depth:
                depth += 1
            if not depth:
                return edge.end()
        raise self._wrong("the comment /* is not closed", first)

    def _wrong(self, what: str, position: int, fix: str | None = None) -> ChangelogError:
        line = self.sql.file_line(self.line + self.text.count("\n", self.start, position))
        return ChangelogError(what, where=self.source, line=line, fix=fix, anchor="changelogs")
