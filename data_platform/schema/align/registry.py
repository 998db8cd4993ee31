"""The record of what is under management: the table `platform.aligned_objects` in the database that is aligned."""

# ruff: noqa: S608 - every value is a literal of the database's own making

from collections.abc import Callable

from data_platform.schema.align.changes import Adopt, Change, Create, Drop, Forget, Release, Rename
from data_platform.schema.align.dialect import Dialect
from data_platform.schema.align.names import Kind, Target

SCHEMA = "platform"
TABLE = f"{SCHEMA}.aligned_objects"
CREATE = (
    f"CREATE TABLE {TABLE} (kind varchar(20) NOT NULL, name varchar(1000) NOT NULL, alignment varchar(200) NOT NULL, "
    "since timestamp DEFAULT current_timestamp NOT NULL, PRIMARY KEY (kind, name))"
)
CREATE_IF_MISSING = (
    f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}",
    CREATE.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"),
)
_INSIDE = {Kind.SCHEMA: (Kind.VIEW,), Kind.DATABASE: (Kind.SCHEMA, Kind.VIEW)}


def record(change: Change, alignment: str, dialect: Dialect, literal: Callable[[str], str]) -> tuple[str, ...]:
    """The statements that record a change.

    Args:
        literal: writes a text as the database's string literal.
    """

    def row(target: Target) -> str:
        return f"kind = {literal(target.kind)} AND name = {literal(dialect.written(target.name))}"

    match change:
        case Create(target) | Adopt(target):
            values = ", ".join(literal(text) for text in (target.kind, dialect.written(target.name), alignment))
            return (
                f"DELETE FROM {TABLE} WHERE {row(target)}",
                f"INSERT INTO {TABLE} (kind, name, alignment) VALUES ({values})",
            )
        case Drop(target) | Release(target) | Forget(target):
            return (f"DELETE FROM {TABLE} WHERE {row(target)}",)
        case Rename(target, name):
            new = dialect.written(name)
            return (
                f"UPDATE {TABLE} SET name = {literal(new)} WHERE {row(target)}",
                *_inside(target, new, dialect, literal),
            )
    return ()


def _inside(target: Target, new: str, dialect: Dialect, literal: Callable[[str], str]) -> tuple[str, ...]:
    """What lies in a renamed schema has another name with it."""
    kinds = _INSIDE.get(target.kind, ())
    if not kinds or dialect.parts[kinds[0]] <= len(target.name):
        return ()
    prefix = dialect.written(target.name) + "."
    inside = f"kind IN ({', '.join(literal(kind) for kind in kinds)})"
    return (
        f"UPDATE {TABLE} SET name = {literal(new + '.')} || substr(name, {len(prefix) + 1})"
        f" WHERE {inside} AND left(name, {len(prefix)}) = {literal(prefix)}",
    )
