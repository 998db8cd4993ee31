"""A platform of its own for a benchmark: its repository, state and port in a temporary folder."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from data_platform.units.scaffold import starter_card

ROOT = Path(__file__).parents[1]
STARTER = ROOT / "data_platform" / "units" / "starter" / "code_location"


@dataclass(frozen=True)
class Platform:
    """A running platform.

    Attributes:
        root: its repository.
        environment: variables its commands run with.
        address: of its webserver.
    """

    root: Path
    environment: dict[str, str]
    address: str

    def dp(self, *arguments: str) -> str:
        """Run `dp` for this platform and return what it printed."""
        return _dp(self.environment, self.root, *arguments)


def write_unit(root: Path, name: str) -> None:
    """Give a unit its code location; its dbt project is the caller's to write."""
    for source in STARTER.rglob("*"):
        if source.is_file() and "__pycache__" not in source.parts:
            target = root / "code_locations" / name / str(source.relative_to(STARTER)).removesuffix(".txt")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(source.read_text().replace("__unit__", name))
    (root / "code_locations" / name / "unit.yaml").write_text(starter_card(name))


@contextmanager
def running_platform(root: Path) -> Iterator[Platform]:
    """Start a platform for the units of a repository, and stop it afterwards."""
    (root / "dagster_home").mkdir(exist_ok=True)
    shutil.copy(ROOT / "dagster_home" / "dagster.yaml", root / "dagster_home")
    (root / "code_locations" / "__init__.py").touch()
    environment = {
        **os.environ,
        "DATA_PLATFORM_ROOT": str(root),
        "DATA_PLATFORM_STATE": str(root / "var"),
        "PYTHONPATH": str(root),
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    _dp(environment, root, "up", "--detach", "--no-build", "--port", str(port))
    try:
        yield Platform(root, environment, f"http://127.0.0.1:{port}")
    finally:
        _dp(environment, root, "down")


def _dp(environment: dict[str, str], root: Path, *arguments: str) -> str:
    command = [str(Path(sys.executable).with_name("dp")), *arguments]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"dp {' '.join(arguments)} failed: {done.stderr.strip()[-2000:]}")
    return done.stdout
