"""What a changeset of a root does. Of Liquibase's change types those that hold SQL are supported, tags, and nothing."""

from data_platform.schema.changelog.files import read_text
from data_platform.schema.changelog.node import Node
from data_platform.schema.changelog.root_file import RootFile
from data_platform.schema.changes import Change, Empty, Sql, TagDatabase
from data_platform.schema.changeset import Notice
from data_platform.schema.checksum import CONTROLS

_CHANGES = "sql, sqlFile, tagDatabase and empty"


def read_change(node: Node, root: RootFile) -> Change:
    """One change.

    Raises:
        ChangelogError: it is not supported, or its file is not there; with file and line.
    """
    match node.name:
        case "sql":
            return read_sql(node, node.values.get("sql", node.text), root)
        case "sqlFile":
            return _sql_file(node, root)
        case "tagDatabase":
            tag = root.expanded(node, node.values.get("tag", ""))
            return TagDatabase(tag, node.true("keepTagOnRollback", default=False))
        case "empty":
            return Empty()
        case other:
            raise root.wrong(
                node, f"the change {other!r} is not supported: {_CHANGES} are", "write it as SQL in a file"
            )


def read_sql(node: Node, text: str, root: RootFile, path: str | None = None) -> Sql:
    """SQL with what its element says of it.

    Args:
        text: the SQL, properties not yet expanded.
        path: of the file that it comes from, as written.
    """
    return Sql(
        root.expanded(node, text).strip(CONTROLS),
        node.line,
        node.true("splitStatements", default=True),
        node.true("stripComments", default=False),
        node.values.get("endDelimiter"),
        databases(node.values.get("dbms")),
        path,
    )


def databases(listed: str | None) -> tuple[str, ...]:
    """The databases that `dbms` lists, lower-cased; none for all."""
    return tuple(name.strip().lower() for name in (listed or "").split(",") if name.strip())


def _sql_file(node: Node, root: RootFile) -> Sql:
    written = root.expanded(node, node.values.get("path", ""))
    path = root.path(node, written)
    found = root.search_path.find(path)
    if found is None:
        raise root.wrong(node, f"the SQL file {path!r} does not exist")
    notices: list[Notice] = []
    return read_sql(node, read_text(found, notices), root, written)
