"""A checkout of its own, whose files a test may break and whose units it may add and remove."""

import shutil
import subprocess
from pathlib import Path

from tests.end_to_end.live import ROOT


def make_checkout(folder: Path) -> Path:
    """Copy the repository as git sees it now, uncommitted work included, into a repository of its own."""
    listed = _git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, listed):
        source, target = ROOT / name, folder / name
        if source.is_file() and not name.startswith("tests/"):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "add", "--all")
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    _git(folder, *identity, "commit", "--quiet", "--message=Everything")
    return folder


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout
