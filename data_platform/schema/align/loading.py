"""Finds and reads the files of desired state, and fills in variables."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from data_platform.errors import UsageError
from data_platform.schema.align.desired import Origin
from data_platform.schema.align.files import AlignmentFile
from data_platform.yaml_model import Location, line_of, read_model

_VARIABLE = re.compile(r"\$(\$\{)|\$\{([^}]*)\}")


@dataclass(frozen=True)
class SourceFile:
    """A file that has been read, with the places of what it says."""

    path: Path
    model: AlignmentFile
    root: yaml.Node | None

    def origin(self, *location: int | str) -> Origin:
        """Where something stands, as in `origin("roles", 0, "name")`."""
        return Origin(str(self.path), line_of(self.root, Location(location)))


def read_files(paths: Iterable[Path]) -> list[SourceFile]:
    """Read files, and every YAML file in folders, in the order of their names.

    Raises:
        UsageError: there is none, or one does not fit; with file and line.
    """
    found = [file for path in paths for file in (_in_folder(path) if path.is_dir() else [path])]
    unique = list(dict.fromkeys(found))
    return [SourceFile(file, read_model(file, AlignmentFile), _tree(file)) for file in unique]


def expand(text: str, variables: Mapping[str, str | None], origin: Origin) -> str:
    """Fill in `${name}`; `$${` stands for `${` itself.

    Args:
        variables: values by name; None is known, but was not given.

    Raises:
        UsageError: a variable is unknown or has no value here.
    """

    def value(found: re.Match[str]) -> str:
        if found[1]:
            return "${"
        given = variables.get(found[2])
        if given is not None:
            return given
        known = found[2] in variables
        close = difflib.get_close_matches(found[2], variables, n=1)
        raise UsageError(
            f"the variable ${{{found[2]}}} {'has no value here' if known else 'is unknown'}",
            where=origin.file,
            line=origin.line,
            fix=f"give it: --{found[2]}"
            if known
            else f"did you mean ${{{close[0]}}}?"
            if close
            else "give it: --property name=value",
            anchor="alignment-files",
        )

    return _VARIABLE.sub(value, text)


def _in_folder(folder: Path) -> list[Path]:
    files = sorted(path for path in folder.rglob("*") if path.suffix in {".yaml", ".yml"} and path.is_file())
    if not files:
        raise UsageError(
            "there is no YAML file in this folder", where=folder, fix="name a file of desired state, or its folder"
        )
    return files


def _tree(file: Path) -> yaml.Node | None:
    return yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
