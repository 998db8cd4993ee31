"""Which modules of a room import what."""

import ast
from pathlib import Path


def importers(room: Path, *beginnings: str) -> set[str]:
    """Names of the files of a folder that import a module whose name begins so."""
    found = set()
    for path in room.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if any(name.startswith(beginnings) for name in names):
                found.add(path.name)
    return found
