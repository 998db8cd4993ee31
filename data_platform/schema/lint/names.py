"""Names of objects as a database compares them."""

from dataclasses import dataclass

_DEFAULT_SCHEMAS = {"postgresql": "public", "duckdb": "main", "snowflake": "public"}


@dataclass(frozen=True, slots=True)
class Name:
    """An object's name, folded so that two ways of writing it are equal.

    Args:
        schema: None for the default schema, however it was named.
    """

    schema: str | None
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a name as written."""

    text: str
    quoted: bool


def folded(part: Part, dialect: str) -> str:
    """The part as the database keeps it apart from others.

    PostgreSQL and Snowflake keep the case of what is quoted and fold the rest; DuckDB never minds case. All is folded
    to lower case here, which for Snowflake's upper case means the same.
    """
    if dialect == "duckdb" or not part.quoted:
        return part.text.lower()
    if dialect == "snowflake" and part.text == part.text.upper():
        return part.text.lower()
    return part.text


def name_of(parts: list[Part], dialect: str) -> Name:
    """The name that up to three parts (database, schema, object) give."""
    *before, last = parts or [Part("", quoted=False)]
    schema = folded(before[-1], dialect) if before else None
    return Name(None if schema == _DEFAULT_SCHEMAS.get(dialect) else schema, folded(last, dialect))
