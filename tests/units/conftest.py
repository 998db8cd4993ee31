"""Platforms and dbt repositories for the tests of units."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from data_platform.environment import Environment
from tests.dbt.projects import write_files
from tests.units.platforms import commit, make_platform, run_git


@contextmanager
def loaded_from(root: Path) -> Iterator[None]:
    """`code_locations` is the package of this platform, read anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATA_PLATFORM_ROOT", str(root))
        patch.syspath_prepend(root)
        _forget()
        yield
        _forget()


def _forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "code_locations"]:
        del sys.modules[name]


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Environment]:
    """An empty platform whose units can be loaded in this process."""
    environment = make_platform(tmp_path / "platform")
    with loaded_from(environment.root):
        yield environment


@pytest.fixture
def repository(tmp_path: Path) -> Callable[[Mapping[str, str]], str]:
    """Makes a bare git repository that holds these files, and returns its address."""

    def make(files: Mapping[str, str]) -> str:
        work = write_files(tmp_path / "elsewhere", files)
        run_git(work, "init", "-q", "-b", "main")
        commit(work)
        bare = tmp_path / "elsewhere.git"
        run_git(tmp_path, "clone", "-q", "--bare", str(work), str(bare))
        return str(bare)

    return make
