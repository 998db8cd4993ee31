"""From Dagster's error of a code location to one line and a place in the unit's files. Pure."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_FRAME = re.compile(r'File "([^"]+)", line (\d+)')
_OURS = re.compile(r"^data_platform\.[\w.]*Error: ")
_CLASS = re.compile(r"^(?:[A-Za-z_]\w*\.)+(?=[A-Z]\w*(?:Error|Exception|Warning)?\b)")
_LONGEST = 300
# a unit is loaded from the folder of its version, or from a link to the checkout
_OF_A_VERSION = re.compile(r".*/versions/[^/]+/[^/]+/(?=(?:code_locations|dbt_projects)/)")


def read_load_error(error: Mapping[str, Any], root: Path) -> tuple[str, str | None]:
    """The innermost cause of an error in one line, and `file:line` of the last place in the repository.

    Args:
        error: GraphQL's PythonError: `message`, `stack`, and `causes` from the outermost to the innermost.
        root: the repository's folder; places are given relative to it.
    """
    links = [error, *error.get("causes", ())]
    innermost = str(links[-1]["message"])
    if _OURS.match(innermost):
        return _line(innermost), None  # the platform's own errors name the place themselves
    places = [place for link in links for text in (*link["stack"], link["message"]) for place in _places(text, root)]
    # the library is on the way to every unit's error, and is not where to look
    own = [place for place in places if not place.startswith("data_platform/")]
    return _line(innermost), own[-1] if own else None


def _line(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if not lines:
        return "no reason given"
    # a syntax error begins with the place and ends with the message
    line = lines[-1] if _FRAME.match(lines[0]) else lines[0]
    return _CLASS.sub("", _OURS.sub("", line))[:_LONGEST]


def _places(text: str, root: Path) -> Sequence[str]:
    found = []
    for name, number in _FRAME.findall(text):
        path = Path(_OF_A_VERSION.sub(f"{root}/", name))
        if path.is_relative_to(root) and "site-packages" not in path.parts:
            found.append(f"{path.relative_to(root)}:{number}")
    return found
