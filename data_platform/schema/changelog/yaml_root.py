"""Reads a YAML (or JSON) changelog into nodes that know their lines."""

from pathlib import Path

import yaml

from data_platform.schema.changelog.node import Node
from data_platform.schema.errors import ChangelogError

# lists that only group: what is in them stands directly in the element in XML
_GROUPS = frozenset({"changes"})


def read_yaml(text: str, source: Path) -> Node:
    """Read the document.

    Raises:
        ChangelogError: it is no YAML, or no changelog.
    """
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "cannot be read"
        raise ChangelogError(
            f"is no YAML: {problem}", where=source, line=mark.line + 1 if mark else None, anchor="changelogs"
        ) from None
    if not isinstance(root, yaml.MappingNode) or not root.value:
        raise ChangelogError("has no databaseChangeLog", where=source, line=1, anchor="changelogs")
    key, value = root.value[0]
    return _node(str(key.value), value, key)


def _node(name: str, value: yaml.Node, key: yaml.Node) -> Node:
    node = Node(name, key.start_mark.line + 1)
    _fill(node, value)
    return node


def _fill(node: Node, value: yaml.Node) -> None:
    if isinstance(value, yaml.ScalarNode):
        node.text = "" if value.tag.endswith(":null") else value.value
    elif isinstance(value, yaml.SequenceNode):
        for item in value.value:
            if isinstance(item, yaml.MappingNode):
                _fill(node, item)
            else:
                node.children.append(_node(node.name, item, item))
    elif isinstance(value, yaml.MappingNode):
        for key, inner in value.value:
            name = str(key.value)
            if name in _GROUPS:
                _fill(node, inner)
            elif isinstance(inner, yaml.ScalarNode):
                node.values[name] = "" if inner.tag.endswith(":null") else inner.value
                node.children.append(_node(name, inner, key))
            else:
                node.children.append(_node(name, inner, key))
