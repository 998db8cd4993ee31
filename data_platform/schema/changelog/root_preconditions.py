"""`preConditions` of a changeset in a root."""

from data_platform.schema.changelog.node import Node
from data_platform.schema.changelog.root_file import RootFile
from data_platform.schema.precondition import OnFail, Precondition, Preconditions

_SCALARS = {"onFail", "onError", "onSqlOutput", "onFailMessage", "onErrorMessage"}


def read_preconditions(changeset: Node, root: RootFile) -> Preconditions | None:
    """The preconditions of a changeset, or None without any.

    Raises:
        ChangelogError: a kind or a value is not supported; with file and line.
    """
    node = changeset.child("preConditions")
    if node is None:
        return None
    return Preconditions(
        checks=tuple(_precondition(child, root) for child in node.children if child.name not in _SCALARS),
        on_fail=_outcome(node, "onFail", root),
        on_error=_outcome(node, "onError", root),
        on_sql_output=node.values.get("onSqlOutput", "IGNORE").upper(),
        on_fail_message=node.values.get("onFailMessage"),
        on_error_message=node.values.get("onErrorMessage"),
    )


def _outcome(node: Node, name: str, root: RootFile) -> OnFail:
    value = node.values.get(name, "HALT").upper()
    if value not in OnFail.__members__:
        raise root.wrong(node, f"{name} {value!r} is unknown; known: {', '.join(OnFail)}")
    return OnFail(value)


def _precondition(node: Node, root: RootFile) -> Precondition:
    values = {name: root.expanded(node, value) for name, value in node.values.items()}
    match node.name:
        case "sqlCheck":
            query = values.get("sql") or root.expanded(node, node.text)
            return Precondition("sql-check", node.line, expected=values.get("expectedResult", ""), query=query.strip())
        case "tableExists" | "viewExists" as exists:
            what = exists.removesuffix("Exists")
            name = values.get(f"{what}Name", "")
            return Precondition(f"{what}-exists", node.line, name=name, schema=values.get("schemaName"))
        case other:
            raise root.wrong(
                node, f"the precondition {other!r} is not supported", "use sqlCheck, tableExists or viewExists"
            )
