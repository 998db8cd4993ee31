"""Reads an XML changelog into nodes, with the standard library's expat, so that every node knows its line."""

from pathlib import Path
from xml.parsers import expat

from data_platform.schema.changelog.node import Node
from data_platform.schema.errors import ChangelogError


def read_xml(text: str, source: Path) -> Node:
    """Read the document.

    Raises:
        ChangelogError: it is no XML, or declares a document type.
    """
    parser = expat.ParserCreate()
    top = Node("", 0)
    stack = [top]

    def start(name: str, attributes: dict[str, str]) -> None:
        node = Node(name.rpartition(":")[2], parser.CurrentLineNumber, attributes)
        stack[-1].children.append(node)
        stack.append(node)

    def characters(data: str) -> None:
        stack[-1].text += data

    def doctype(*_: object) -> None:
        raise ChangelogError(
            "a document type is not supported", where=source, line=parser.CurrentLineNumber, anchor="changelogs"
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise ChangelogError(
            f"is no XML: {expat.ErrorString(error.code)}", where=source, line=error.lineno, anchor="changelogs"
        ) from None
    return top.children[0]
