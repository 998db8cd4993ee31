"""Walks over the tokens of one statement."""

from collections.abc import Sequence

from data_platform.schema.lint.names import Name, Part, name_of
from data_platform.schema.lint.tokens import Kind, Token

_END = Token(Kind.SYMBOL, "", 0, 0, 0)
_OPEN = {"(": ")", "[": "]"}


class Cursor:
    """A position in a statement; reading past the end gives nothing, never an error."""

    def __init__(self, tokens: Sequence[Token], dialect: str, at: int = 0) -> None:
        self.tokens = tokens
        self.dialect = dialect
        self.at = at

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self.tokens)

    @property
    def token(self) -> Token:
        """The token here."""
        return self.tokens[self.at] if self.at < len(self.tokens) else _END

    @property
    def rest(self) -> Sequence[Token]:
        """The tokens from here on."""
        return self.tokens[self.at :]

    def sees(self, *words: str) -> bool:
        """Whether these words come next."""
        if self.token.word != words[0]:
            return False
        following = self.tokens[self.at : self.at + len(words)]
        return len(following) == len(words) and all(
            token.word == word for token, word in zip(following, words, strict=True)
        )

    def take(self, *words: str) -> bool:
        """Step over these words if they come next."""
        if self.sees(*words):
            self.at += len(words)
            return True
        return False

    def take_any(self, *words: str) -> str:
        """Step over one of these words if it comes next.

        Returns:
            The word, or an empty text.
        """
        word = self.token.word
        if word not in words or not word:
            return ""
        self.at += 1
        return word

    def symbol(self, text: str) -> bool:
        """Step over this symbol if it comes next."""
        if self.token.is_symbol(text):
            self.at += 1
            return True
        return False

    def parts(self) -> list[Part]:
        """A name's parts, `database.schema.name`; Snowflake's IDENTIFIER('…') and `schema..name` too."""
        if (
            self.sees("IDENTIFIER")
            and self.tokens[self.at + 1 : self.at + 2]
            and self.tokens[self.at + 1].is_symbol("(")
        ):
            self.at += 1
            text = "".join(token.text for token in self.parenthesized() if token.kind is Kind.STRING)
            return [Part(part.strip('"'), part.startswith('"')) for part in text.split(".")] if text else []
        parts = []
        while self.token.kind in (Kind.WORD, Kind.QUOTED):
            parts.append(Part(self.token.text, self.token.kind is Kind.QUOTED))
            self.at += 1
            dots = 0
            while self.symbol("."):
                dots += 1
            if not dots:
                break
        return parts

    def name(self) -> Name:
        """A name; an empty one where something computes it."""
        return name_of(self.parts(), self.dialect)

    def parenthesized(self) -> Sequence[Token]:
        """Step over a parenthesis if one opens here.

        Returns:
            The tokens inside it.
        """
        if self.token.text not in _OPEN or self.token.kind is not Kind.SYMBOL:
            return []
        start, depth = self.at + 1, 0
        while not self.done:
            token = self.token
            self.at += 1
            if token.kind is Kind.SYMBOL:
                depth += (token.text in _OPEN) - (token.text in _OPEN.values())
                if depth == 0:
                    return self.tokens[start : self.at - 1]
        return self.tokens[start:]

    def until(self, *words: str) -> Sequence[Token]:
        """Step to one of these words, outside parentheses, or to the end.

        Returns:
            The tokens stepped over.
        """
        start = self.at
        while not self.done and self.token.word not in words:
            self.skip()
        return self.tokens[start : self.at]

    def skip(self) -> None:
        """Step over one token, or over a whole parenthesis."""
        if self.token.kind is Kind.SYMBOL and self.token.text in _OPEN:
            self.parenthesized()
        else:
            self.at += 1


def split(tokens: Sequence[Token], symbol: str = ",") -> list[Sequence[Token]]:
    """The pieces between a symbol outside parentheses; empty pieces are left out."""
    pieces: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        if token.kind is Kind.SYMBOL:
            depth += (token.text in _OPEN) - (token.text in _OPEN.values())
            if depth == 0 and token.text == symbol:
                pieces.append([])
                continue
        pieces[-1].append(token)
    return [piece for piece in pieces if piece]
