"""Where a semicolon does not end a statement: in parentheses, and in routine bodies written without quotes."""

from dataclasses import dataclass

# what stands behind an END that closes no block of BEGIN or CASE
_CLOSES_OTHERS = frozenset({"if", "loop", "for", "while", "repeat"})
_TRANSACTION = frozenset({"transaction", "work", "name"})


@dataclass(slots=True)
class Blocks:
    """Follows a statement word by word.

    PostgreSQL knows one such body, `BEGIN ATOMIC … END`. Snowflake's scripting has `[DECLARE …] BEGIN … END` as a
    statement of its own, and as the body in `CREATE … AS`.

    Args:
        scripting: whether it is Snowflake's.
    """

    scripting: bool = False
    _parentheses: int = 0
    _depth: int = 0
    _declaring: bool = False
    _first: str = ""
    _last: str = ""

    def reset(self) -> None:
        """Begin the next statement."""
        self._parentheses = self._depth = 0
        self._declaring = False
        self._first = self._last = ""

    def take_in(self, word: str) -> None:
        """Take in a word that is not quoted, or a parenthesis."""
        word = word.lower()
        if word in ("(", ")"):
            self._parentheses = max(0, self._parentheses + (1 if word == "(" else -1))
        elif self._depth:
            self._inside(word)
        elif self.scripting:
            self._scripting(word)
        elif word == "atomic" and self._last == "begin":
            self._depth = 1
        self._first = self._first or word
        self._last = word

    def goes_on(self) -> bool:
        """Whether a semicolon that is met now belongs into the statement."""
        if self.scripting and self._last == "begin" and self._depth:
            self._depth -= 1  # BEGIN; begins a transaction
        self._last = ";"
        return self._parentheses > 0 or self._depth > 0 or self._declaring

    def _inside(self, word: str) -> None:
        after_end = self._last == "end"
        if word == "end":
            self._depth -= 1
        elif (word == "case" and not after_end) or (word == "begin" and self.scripting):
            self._depth += 1
        elif self._last == "begin" and word in _TRANSACTION:
            self._depth -= 1

    def _scripting(self, word: str) -> None:
        if self._last == "end" and word in _CLOSES_OTHERS:
            self._depth += 1
        elif word in ("begin", "declare") and (
            not self._first or self._declaring or (self._first == "create" and self._last in ("as", "then"))
        ):
            self._declaring = word == "declare"
            self._depth = 0 if self._declaring else 1
