"""Seconds from `make up` to a healthy UI: in a fresh clone with the packages cached, and the second time."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.measure import Result
from benchmarks.platform import ROOT

LIMIT_SECONDS = 20.0


def run() -> list[Result]:
    """Clone the repository, link the environment, and time the first and the second start."""
    with tempfile.TemporaryDirectory(prefix="dp-bench-") as folder:
        clone = Path(folder) / "data-platform"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        variables = {key: value for key, value in os.environ.items() if not key.startswith("DATA_PLATFORM")}
        # the packages come from the installer's cache, as on a machine that was set up before
        subprocess.run(["make", "--silent", "setup"], cwd=clone, env=variables, check=True)
        first, second = (_seconds_to_healthy(clone, variables) for _ in range(2))
        shutil.rmtree(clone / "var", ignore_errors=True)
    return [
        Result(
            "first `make up` to a healthy UI", first, LIMIT_SECONDS, "s", 1.0, "environment made, nothing started yet"
        ),
        Result(
            "second `make up` to a healthy UI", second, LIMIT_SECONDS, "s", 1.0, "database and dbt projects prepared"
        ),
    ]


def _seconds_to_healthy(clone: Path, variables: dict[str, str]) -> float:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.perf_counter()
    command = [".venv/bin/dp", "up", "--detach", "--no-build", "--port", str(port)]
    subprocess.run(["make", "--silent", "setup"], cwd=clone, env=variables, check=True)
    done = subprocess.run(command, cwd=clone, env=variables, capture_output=True, text=True, check=True)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=10) as answer:
        assert answer.status == 200
    elapsed = time.perf_counter() - started
    assert re.search(r"the platform is up", done.stderr)
    subprocess.run([".venv/bin/dp", "down"], cwd=clone, env=variables, capture_output=True, check=True)
    return elapsed
