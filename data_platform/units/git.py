"""The git commands that adding and removing a unit needs."""

import subprocess
from pathlib import Path

from data_platform.errors import DataPlatformError


class GitError(DataPlatformError):
    """A git command failed."""


def git(root: Path, *arguments: str) -> str:
    """Run git in a repository and return what it printed.

    Raises:
        GitError: git is missing, or the command failed; git's own last line.
    """
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise GitError("git is not installed", fix="install it") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
        reason = (fatal or lines or [f"exit code {done.returncode}"])[0]
        raise GitError(f"git {arguments[0]} failed: {reason}", anchor="git")
    return done.stdout


def add_submodule(root: Path, url: str, path: str) -> None:
    """Add a repository as a submodule; everything is taken back if that fails half-way.

    Raises:
        GitError: the repository cannot be cloned.
    """
    # git refuses local repositories as submodules unless asked; here a person named it
    allow = ["-c", "protocol.file.allow=always"] if Path(url).exists() or url.startswith("file://") else []
    try:
        git(root, *allow, "submodule", "--quiet", "add", "--", url, path)
    except GitError as error:
        remove_submodule(root, path)
        raise GitError(error.what.replace("git -c", "git submodule"), fix=f"check the address {url}") from None


def remove_submodule(root: Path, path: str) -> None:
    """Remove a submodule, whatever state it is in."""
    import shutil

    for command in (
        ["submodule", "--quiet", "deinit", "--force", "--", path],
        ["rm", "--quiet", "--force", "--", path],
    ):
        try:
            git(root, *command)
        except GitError:
            continue  # it was not that far yet
    shutil.rmtree(root / path, ignore_errors=True)
    modules = Path(git(root, "rev-parse", "--git-path", f"modules/{path}").strip())
    shutil.rmtree(modules if modules.is_absolute() else root / modules, ignore_errors=True)
    gitmodules = root / ".gitmodules"
    if gitmodules.exists() and not gitmodules.read_text(encoding="utf-8").strip():
        git(root, "rm", "--quiet", "--force", "--cached", "--ignore-unmatch", ".gitmodules")
        gitmodules.unlink()


def is_submodule(root: Path, path: str) -> bool:
    """Whether the folder is a submodule of the repository."""
    try:
        return git(root, "ls-files", "--stage", "--", path).startswith("160000 ")
    except GitError:
        return False


def has_uncommitted_changes(root: Path, path: str) -> bool:
    """Whether the folder holds work that git does not have; false outside a repository."""
    try:
        return bool(git(root, "status", "--porcelain", "--", path).strip())
    except GitError:
        return False
