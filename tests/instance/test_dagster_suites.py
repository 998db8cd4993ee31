"""Dagster's own tests for storages, run on ours. They are in Dagster's source distribution, not in its wheel."""

import os
import re
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def dagster_tests(pytestconfig: pytest.Config) -> Path:
    """Folder with the package `dagster_tests` of the installed Dagster; fetched once, with the lock's hashes."""
    assert pytestconfig.cache
    folder = pytestconfig.cache.mkdir(f"dagster-{version('dagster')}-tests")
    if (folder / "dagster_tests").exists():
        return folder
    locked = re.search(r"^dagster==\S+ (?:.*\\\n)(?:\s+--hash=\S+(?: \\)?\n)+", _lock(), re.MULTILINE)
    assert locked, "requirements.lock does not pin dagster with hashes"
    with tempfile.TemporaryDirectory(dir=folder) as fetched:
        requirement = Path(fetched, "requirement.txt")
        requirement.write_text(locked.group(0))
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary=:all:"]
        done = subprocess.run(
            [*pip, "--no-build-isolation", "--require-hashes", "-r", str(requirement), "-d", fetched],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode and not os.environ.get("CI"):
            pytest.skip(f"Dagster's source distribution cannot be fetched: {done.stderr.strip().splitlines()[-1]}")
        assert done.returncode == 0, done.stderr
        with tarfile.open(next(Path(fetched).glob("*.tar.gz"))) as archive:
            members = [member for member in archive if "/dagster_tests/" in member.name]
            archive.extractall(fetched, members, filter="data")
        next(Path(fetched).glob("*/dagster_tests")).rename(folder / "dagster_tests")
    return folder


def _lock() -> str:
    return (REPOSITORY / "requirements.lock").read_text()


# what this room writes otherwise than Dagster: events, checks, planned events, a run's status, slots
OURS = "batch or planned or asset_check or handle_run_event or concurrency or basic or wipe or tags"


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("chosen", "at_least"), [(OURS, 70), pytest.param("", 240, marks=pytest.mark.slow)], ids=["ours", "all"]
)
def test_dagsters_own_storage_suites_pass(
    dagster_tests: Path, database_url: str, tmp_path: Path, chosen: str, at_least: int
) -> None:
    suites = Path(__file__).parent / "suites" / "on_pooled_storage.py"
    options = ["-q", "-p", "no:cacheprovider", "-W", "ignore", "-c", os.devnull, "--rootdir", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-k", chosen, str(suites)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(dagster_tests), "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed.group(1)) >= at_least, "the suites were not all collected"
