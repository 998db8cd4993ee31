"""Changes as DuckDB's SQL: schemas and views, all it has of what is aligned."""

from collections.abc import Sequence

from data_platform.schema.align.changes import Alter, Change, Create, Drop, Redefine, Rename
from data_platform.schema.align.names import Kind, Name, Target
from data_platform.schema.names import quoted


def statements(change: Change) -> Sequence[str]:
    """The statements of a change, none for what is only recorded."""
    match change:
        case Create(Target(Kind.VIEW) as view, properties, source):
            return [f"CREATE VIEW {_quoted(view.name)} AS\n{source}", *_comment(view, properties.get("comment"))]
        case Create(target) | Drop(target):
            return [f"{type(change).__name__.upper()} {target.kind.upper()} {_quoted(target.name)}"]
        case Redefine(view, properties, source):
            made = f"CREATE OR REPLACE VIEW {_quoted(view.name)} AS\n{source}"
            return [made, *_comment(view, properties.get("comment"))]  # replacing a view forgets its comment
        case Alter(view, "comment", value):
            return _comment(view, value) or [f"COMMENT ON VIEW {_quoted(view.name)} IS NULL"]
        case Rename(view, name):
            return [f"ALTER VIEW {_quoted(view.name)} RENAME TO {_quoted(name[-1:])}"]
    return []


def literal(text: str) -> str:
    """A text as a literal."""
    return "'" + text.replace("'", "''") + "'"


def _comment(view: Target, comment: object) -> list[str]:
    return [f"COMMENT ON VIEW {_quoted(view.name)} IS {literal(str(comment))}"] if comment else []


def _quoted(name: Name) -> str:
    return ".".join(quoted(part) for part in name)
