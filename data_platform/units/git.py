"""The git commands that adding and removing a unit needs."""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from data_platform.errors import DataPlatformError


class GitError(DataPlatformError):
    """A git command failed."""


def git(root: Path, *arguments: str) -> str:
    """Run git in a repository and return what it printed.

    Raises:
        GitError: git is missing, or the command failed; git's own line that says why.
    """
    # what a surrounding git (a hook, a rebase) says of its own repository is not about this one
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_DIR", "GIT_INDEX"))}
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=variables | {"LC_ALL": "C"},  # its messages are read below
        )
    except FileNotFoundError:
        raise GitError("git is not installed", fix="install it", anchor="git") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
        reason = (fatal or lines or [f"exit code {done.returncode}"])[0]
        raise GitError(f"git {arguments[0]} failed: {reason}", anchor="git")
    return done.stdout


def add_submodule(root: Path, url: str, path: str) -> None:
    """Add a repository as a submodule; everything is taken back if that fails half-way.

    Raises:
        GitError: the platform's folder is no repository, git still holds something of that name, or the repository
            cannot be cloned.
    """
    _check_free(root, path)
    # git refuses local repositories as submodules unless asked; here a person named it
    allow = ["-c", "protocol.file.allow=always"] if Path(url).exists() or url.startswith("file://") else []
    try:
        git(root, *allow, "submodule", "--quiet", "add", "--", url, path)
    except BaseException as error:  # also an interrupt: no half of a submodule stays
        remove_submodule(root, path)
        if isinstance(error, GitError):
            reason = error.what.partition(" failed: ")[2]
            raise GitError(
                f"the repository cannot be added: {reason}", fix=f"check the address {url}", anchor="git"
            ) from None
        raise


def _check_free(root: Path, path: str) -> None:
    try:
        tracked = git(root, "ls-files", "--", path)
    except GitError:
        raise GitError(
            "the platform's folder is no git repository, and a submodule needs one",
            where=root,
            fix="run `git init` there, or add the unit without --dbt-repo",
            anchor="git",
        ) from None
    if tracked:
        raise GitError("git still holds files of that name", where=path, fix="commit their removal first", anchor="git")
    kept = _kept(root, path)
    if kept.exists():
        raise GitError(
            "the history of an earlier submodule of that name is still there",
            where=kept,
            fix="remove that folder if nobody needs what was committed in it and never pushed",
            anchor="git",
        )


def _kept(root: Path, path: str) -> Path:
    """Where git keeps the history of a submodule."""
    modules = Path(git(root, "rev-parse", "--git-path", f"modules/{path}").strip())
    return modules if modules.is_absolute() else root / modules


def remove_submodule(root: Path, path: str) -> None:
    """Remove a submodule without a trace, whatever state it is in."""
    for command in (
        ["submodule", "--quiet", "deinit", "--force", "--", path],
        ["rm", "--quiet", "--force", "--", path],
        ["config", "--remove-section", f"submodule.{path}"],
    ):
        with suppress(GitError):  # it was not that far yet
            git(root, *command)
    shutil.rmtree(root / path, ignore_errors=True)
    with suppress(OSError):  # it holds other projects
        (root / path).parent.rmdir()
    kept = _kept(root, path)
    shutil.rmtree(kept, ignore_errors=True)
    for folder in [kept, *kept.parents][1 : len(Path(path).parts) + 1]:
        with suppress(OSError):  # other submodules' histories are still in it
            folder.rmdir()
    gitmodules = root / ".gitmodules"
    if gitmodules.exists() and not gitmodules.read_text(encoding="utf-8").strip():
        with suppress(GitError):
            git(root, "rm", "--quiet", "--force", "--cached", "--ignore-unmatch", "--", ".gitmodules")
        gitmodules.unlink()


def is_submodule(root: Path, path: str) -> bool:
    """Whether the folder is a submodule of the repository."""
    try:
        return git(root, "ls-files", "--stage", "--", path).startswith("160000 ")
    except GitError:
        return False


def has_uncommitted_changes(root: Path, path: str) -> bool:
    """Whether the folder holds work that no commit has; false outside a repository."""
    try:
        return bool(git(root, "status", "--porcelain", "--", path).strip())
    except GitError:
        return False


def has_unpushed_work(submodule: Path) -> bool:
    """Whether a submodule holds commits or stashes that its remote does not have."""
    try:
        return bool(
            git(submodule, "log", "--format=%h", "-1", "HEAD", "--branches", "--not", "--remotes").strip()
            or git(submodule, "stash", "list").strip()
        )
    except GitError:
        return False  # never checked out
