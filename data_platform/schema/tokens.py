"""What SQL text consists of: quotes, comments, words, ends of statements. One regular expression a database."""

import re
from functools import lru_cache

_LETTER = r"A-Za-z_\x80-\U0010ffff"
_PLAIN = r"'[^']*+(?:''[^']*+)*+'"
_BACKSLASHED = r"'(?:[^'\\]|\\.|'')*+'"
_NAME = r'"[^"]*+(?:""[^"]*+)*+"'
_TAG = rf"\$(?:[{_LETTER}][{_LETTER}0-9]*+)?\$"

# by family of databases: quoted text, what opens a quote that is nowhere closed, comments up to the line's end
_GRAMMARS = {
    "postgresql": (rf"[eE]{_BACKSLASHED}|{_PLAIN}|{_NAME}|(?P<tag>{_TAG}).*?(?P=tag)", rf"['\"]|{_TAG}", "--"),
    "snowflake": (rf"{_BACKSLASHED}|{_NAME}|\$\$.*?\$\$", r"['\"]|\$\$", "--|//"),
}
_DEFAULT_END = r";|^(?i:go|/)[ \t\r]*$"


@lru_cache(maxsize=64)
def tokens_of(grammar: str, delimiter: str | None, several: bool) -> re.Pattern[str]:
    """The pattern that matches one token after the other; the name of its last group says what it is.

    Args:
        grammar: `postgresql` (which DuckDB's is, too) or `snowflake`.
        delimiter: the changeset's own, a regular expression matched without regard to case; None for the usual ones.
        several: whether statements end at all.

    Raises:
        re.error: the delimiter cannot be used.
    """
    quoted, unclosed, line_comment = _GRAMMARS[grammar]
    end = _DEFAULT_END if delimiter is None else _custom_end(delimiter)
    ends = rf"(?P<end>{end})|" if several else ""
    # a delimiter may begin with any blank, so blanks are then looked at one by one
    space = r"[^\S\n]++|\n" if delimiter is None else r"\s"
    return re.compile(
        rf"{ends}(?P<space>{space})|(?P<quoted>{quoted})|(?P<unclosed>{unclosed})"
        rf"|(?P<comment>(?:{line_comment})[^\n\r]*+)|(?P<opening>/\*)|(?P<bracket>[()])"
        rf"|(?P<word>[{_LETTER}][{_LETTER}0-9$]*+)|(?P<other>[0-9][{_LETTER}0-9]*+|.)",
        re.DOTALL | re.MULTILINE,
    )


def _custom_end(delimiter: str) -> str:
    if delimiter == "/":  # also divides: ends a statement only on a line of its own, or at the very end
        return r"^/[ \t\r]*$|/\s*\Z"
    if re.compile(delimiter).match(""):
        raise re.error("it matches nothing at all")
    # a word ends a statement as a whole word only
    return f"(?i:{delimiter})" + (r"(?!\w)" if re.search(r"(?<!\\)\w\Z", delimiter) else "")
