"""Which commits are about to be deployed, as git or the image knows them."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from data_platform.units.git import GitError, git
from data_platform.units.unit import Unit

COMMIT_VARIABLE, SUBMODULES_VARIABLE = "DATA_PLATFORM_COMMIT", "DATA_PLATFORM_SUBMODULES"
_COMMIT = re.compile(r"([0-9a-f]{40})(-dirty)?")
_SUBMODULE = re.compile(r"(?:^|(?<=[;\n]))([ +U-]?)([0-9a-f]{40}) ([^\s;]+)")


@dataclass(frozen=True)
class Source:
    """Commits behind the files of some units.

    Attributes:
        commit: of the platform's repository; None outside one.
        uncommitted: whether files of these units are not as in the commit.
        submodules: commit that is checked out, by path, of the units' dbt projects that are submodules.
    """

    commit: str | None = None
    uncommitted: bool = False
    submodules: dict[str, str] = field(default_factory=dict)


def source_of(units: Sequence[Unit]) -> Source:
    """The commits behind the files of some units; in a container, what its image was built with.

    Nothing is known where there is neither.
    """
    root = units[0].environment.root
    projects = [unit.project.folder for unit in units]
    paths = [str(path.relative_to(root)) for path in (*(unit.folder for unit in units), *projects) if path.exists()]
    if os.environ.get(COMMIT_VARIABLE):
        return source_of_image(os.environ, paths)
    try:
        commit = git(root, "rev-parse", "HEAD").strip()
        uncommitted = bool(git(root, "status", "--porcelain", "--", *paths).strip())
        listed = git(root, "ls-files", "--stage", "--", *paths).splitlines()
    except GitError:
        return Source()
    modules = [line.partition("\t")[2] for line in listed if line.startswith("160000 ")]
    submodules = {}
    for path in modules:
        try:
            submodules[path] = git(root / path, "rev-parse", "HEAD").strip()
        except GitError:
            continue  # never checked out
    return Source(commit, uncommitted, submodules)


def source_of_image(variables: Mapping[str, str], paths: Sequence[str]) -> Source:
    """The commits that `ci/build-image.sh` has written into an image. Pure.

    Args:
        variables: `DATA_PLATFORM_COMMIT`, a commit, with `-dirty` behind it if files were changed, and
            `DATA_PLATFORM_SUBMODULES`, as `git submodule status` prints them, with `;` or a line's end between two.
        paths: of the units' folders, whose submodules are wanted.
    """
    commit = _COMMIT.fullmatch(variables.get(COMMIT_VARIABLE, "").strip())
    if commit is None:
        return Source()
    found = [match.groups() for match in _SUBMODULE.finditer(variables.get(SUBMODULES_VARIABLE, ""))]
    ours = [(mark, sha, path) for mark, sha, path in found if path in paths and mark != "-"]  # never checked out
    moved = any(mark in {"+", "U"} for mark, _, _ in ours)
    return Source(commit[1], bool(commit[2]) or moved, {path: sha for _, sha, path in ours})
