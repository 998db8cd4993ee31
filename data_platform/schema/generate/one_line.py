"""Statements whose literals hold lines of their own, written so that they do not."""

from data_platform.schema.lint.tokens import Kind, Token, tokens


def in_one_line(statement: str, dbms: str) -> str:
    """The same statement with every literal that could be taken for something else as `E'…'` in one line."""
    if dbms == "duckdb" and statement.startswith("COMMENT ON "):
        return statement  # there DuckDB takes escapes for text
    pieces, at = [], 0
    for token in tokens(statement, dialect=dbms):
        source = statement[token.start : token.end]
        if any(each in source for each in ("\n", "\r", "${")) and (inside := _escaped(token, source)) is not None:
            pieces += [statement[at : token.start], f"E'{inside}'"]
            at = token.end
    return "".join([*pieces, statement[at:]])


def _escaped(token: Token, source: str) -> str | None:
    """What stands between `E'` and `'` for a literal; None for what is none, or holds no text."""
    if token.kind is Kind.STRING and source[:2] in ("E'", "e'"):
        text = source[2:-1]  # a database prints every backslash in it doubled
    elif token.kind is Kind.BODY or (token.kind is Kind.STRING and source[:1] == "'"):
        text = token.text.replace("\\", "\\\\").replace("'", "''")
    else:
        return None
    return text.replace("\n", "\\n").replace("\r", "\\r").replace("${", "\\x24{")
