"""Seconds from `dp unit new` until the unit is loaded in the running platform."""

import json
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Result, median
from benchmarks.platform import ROOT, running_platform

LIMIT_SECONDS = 20.0
ROUNDS = 3


def run() -> list[Result]:
    """Add units to a running platform, one after the other."""
    seconds = []
    with tempfile.TemporaryDirectory(prefix="dp-bench-") as folder:
        root = Path(folder) / "data-platform"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(root)], check=True)
        with running_platform(root) as platform:
            for number in range(ROUNDS):
                started = time.perf_counter()
                platform.dp("unit", "new", f"bench_{number}")
                loaded = {
                    location["name"]
                    for location in json.loads(platform.dp("status", "--json"))["locations"]
                    if location["state"] == "loaded"
                }
                seconds.append(time.perf_counter() - started)
                assert f"bench_{number}" in loaded
    note = f"running platform of three units; median of {ROUNDS}"
    return [Result("`dp unit new` to loaded", median(seconds), LIMIT_SECONDS, "s", 1.0, note)]
