"""Which commits are about to be deployed, as git knows them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from data_platform.units.git import GitError, git
from data_platform.units.unit import Unit


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
    """The commits behind the files of some units; nothing is known outside a repository."""
    root = units[0].environment.root
    projects = [unit.project.folder for unit in units]
    paths = [str(path.relative_to(root)) for path in (*(unit.folder for unit in units), *projects) if path.exists()]
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
