"""SQL as tokens, for reading what a statement does.

No grammar of expressions is needed to see that a table is dropped, so nothing here can fail: what is not closed ends
with the text. The rules of quoting are PostgreSQL's and DuckDB's (dollar quotes, `E''`, nested comments), with
Snowflake's backslashes where the dialect asks for them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a token is."""

    WORD = "word"
    QUOTED = "quoted"  # an identifier in double quotes
    STRING = "string"
    BODY = "body"  # a dollar-quoted text
    NUMBER = "number"
    SYMBOL = "symbol"


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Args:
        text: without its quotes, doubled quotes undone.
        line: 1-based line of its first character.
        start: offset of its first character.
        end: offset behind its last character.
    """

    kind: Kind
    text: str
    line: int
    start: int
    end: int

    @property
    def word(self) -> str:
        """A word in upper case; empty for all else, so that a quoted "drop" is no keyword."""
        return self.text.upper() if self.kind is Kind.WORD else ""

    def is_symbol(self, text: str) -> bool:
        """Whether it is this symbol."""
        return self.kind is Kind.SYMBOL and self.text == text


_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*)
  | (?P<comment>/\*)
  | (?P<dollar>\$(?:[^\W\d]\w*)?\$)
  | (?P<quoted>"[^"]*(?:""[^"]*)*"?)
  | (?P<escaped>[eE]'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'?)
  | (?P<string>(?:[uU]&|[nNbBxX])?'[^']*(?:''[^']*)*'?)
  | (?P<word>[^\W\d][\w$]*)
  | (?P<number>\.?\d[\w.]*)
  | (?P<symbol>::|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_BACKSLASHED = re.compile(r"'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'?", re.DOTALL)
_SLASHES = re.compile(r"//[^\n]*")
_COMMENT_MARK = re.compile(r"/\*|\*/")


def tokens(sql: str, *, line: int = 1, dialect: str = "postgresql") -> list[Token]:
    """The tokens of a text, without blanks and comments; `line` is the number of its first line."""
    return list(_tokens(sql, line, dialect == "snowflake"))


def _tokens(sql: str, line: int, snowflake: bool) -> Iterator[Token]:
    at = 0
    while at < len(sql):
        found = (snowflake and (_SLASHES.match(sql, at) or _BACKSLASHED.match(sql, at))) or _TOKEN.match(sql, at)
        assert found is not None  # noqa: S101 - the last alternative takes any character
        kind = found.lastgroup or ("space" if found[0].startswith("//") else "escaped")
        end = found.end()
        if kind == "comment":
            end = _end_of_comment(sql, end, nested=not snowflake)
        elif kind == "dollar":
            close = sql.find(found[0], end)
            body = sql[end : close if close >= 0 else len(sql)]
            end = close + len(found[0]) if close >= 0 else len(sql)
            yield Token(Kind.BODY, body, line, at, end)
        elif kind != "space":
            yield Token(_KINDS[kind], _text(kind, found[0]), line, at, end)
        line += sql.count("\n", at, end)
        at = end


_KINDS = {
    "quoted": Kind.QUOTED,
    "escaped": Kind.STRING,
    "string": Kind.STRING,
    "word": Kind.WORD,
    "number": Kind.NUMBER,
    "symbol": Kind.SYMBOL,
}


def _text(kind: str, written: str) -> str:
    if kind == "quoted":
        return written.removesuffix('"')[1:].replace('""', '"') if len(written) > 1 else ""
    if kind in ("string", "escaped"):
        return written[written.index("'") + 1 :].removesuffix("'").replace("''", "'")
    return written


def _end_of_comment(sql: str, at: int, *, nested: bool) -> int:
    depth = 1
    for mark in _COMMENT_MARK.finditer(sql, at):
        depth += (1 if nested else 0) if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(sql)
