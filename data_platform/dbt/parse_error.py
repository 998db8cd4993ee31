"""What dbt says of a project that does not parse, as one line with the file and line at fault. Pure but for reading."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

from data_platform.dbt.project import source_files

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_LINE = re.compile(r"\bline (\d+)")
# dbt names what it misses, and not the line that asks for it
_MISSED = re.compile(
    r"(?:depends on a (?:node|source) named|not provided:|Required var) ['\"]([^'\"]+)['\"]"
    r"|['\"](\w+)['\"] is undefined"
)
_UNSET = re.compile(r"Env var required but not provided: '(\w+)'")
_MODEL = re.compile(r"\b[Mm]odel '(\w+)'")
_TEXTS = frozenset({".sql", ".yml", ".yaml", ".md", ".csv", ".py"})


class Mistake(TypedDict):
    """What is wrong: one line, the file from the project's folder, and the line in it, where they are known."""

    message: str
    path: str | None
    line: int | None


def mistake_of(message: str, folder: Path) -> Mistake:
    """dbt's message with the place it speaks of.

    Args:
        message: of any number of lines.
        folder: the project's.
    """
    message = _COLOURS.sub("", message).replace(f"{folder}/", "")
    text = " ".join(message.split())
    if "codec can't decode" in message:
        path, line = _undecodable(folder)
    else:
        path = _named(message, folder) or _meant(message, folder)
        line = _line(message, folder / path) if path else None
    return {"message": text if len(text) <= 300 else text[:299] + "…", "path": path, "line": line}


def _named(message: str, folder: Path) -> str | None:
    """The project's file that the message names first; dbt leaves the models' folder out of some names."""
    found: list[tuple[int, int, str]] = []
    for path in _relative(folder):
        for name in (path, path.partition("/")[2]):
            place = re.search(rf"(?<![\w./\-]){re.escape(name)}(?![\w/])", message) if name else None
            if place:
                found.append((place.start(), -len(name), path))
    return min(found)[2] if found else None


def _meant(message: str, folder: Path) -> str | None:
    """The file of the model that the message names, or else the first that asks for the variable it misses."""
    model, unset = _MODEL.search(message), _UNSET.search(message)
    for path in _relative(folder):
        if model and Path(path).stem == model.group(1) and Path(path).suffix == ".sql":
            return path
        if unset and Path(path).suffix in _TEXTS and _line_with(unset.group(1), folder / path):
            return path
    return None


def _line(message: str, file: Path) -> int | None:
    if said := _LINE.search(message):
        text = file.read_text(encoding="utf-8", errors="replace")
        # dbt counts from the first line that is not blank
        return int(said.group(1)) + text[: len(text) - len(text.lstrip())].count("\n")
    missed = _missed(message)
    return _line_with(missed, file) if missed else None


def _missed(message: str) -> str | None:
    found = _MISSED.search(message)
    return (found.group(1) or found.group(2)).rpartition(".")[2] if found else None


def _line_with(name: str, file: Path) -> int | None:
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((number for number, line in enumerate(lines, 1) if re.search(rf"\b{re.escape(name)}\b", line)), None)


def _undecodable(folder: Path) -> tuple[str | None, int | None]:
    for path in _relative(folder):
        if Path(path).suffix in _TEXTS:
            content = (folder / path).read_bytes()
            try:
                content.decode("utf-8")
            except UnicodeDecodeError as error:
                return path, content[: error.start].count(b"\n") + 1
    return None, None


def _relative(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in sorted(source_files(folder)))
