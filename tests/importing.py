"""Which modules of the library import what."""

import ast
from pathlib import Path


def importers(folder: Path, *beginnings: str) -> set[str]:
    """Names of the files in a folder and below that import a module whose name begins so."""
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if any(name.startswith(beginnings) for name in names):
                found.add(path.name)
    return found
