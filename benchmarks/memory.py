"""Memory, as proportional set size: a unit's code server against a stock one, and the whole stack of three units."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.measure import Result
from benchmarks.platform import ROOT, Platform, running_platform

STACK_LIMIT_MIB = 1.2 * 1024
SETTLE_SECONDS = 20
STOCK = "import dagster as dg\n\n@dg.asset\ndef one() -> int:\n    return 1\n\ndefs = dg.Definitions(assets=[one])\n"


def run() -> list[Result]:
    """Start the three units' platform and a stock code server of one plain asset beside it."""
    with tempfile.TemporaryDirectory(prefix="dp-bench-") as folder:
        root = Path(folder) / "data-platform"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(root)], check=True)
        with running_platform(root) as platform:
            stock = _stock_code_server(Path(folder))
            units, stack = _platform(platform)
    note = "PSS of proxy and worker, idle, both settled"
    return [
        Result(
            "a unit's code server",
            max(units.values()),
            stock,
            "MiB",
            1.1,
            f"{max(units, key=lambda u: units[u])}; {note}",
        ),
        Result("the whole stack of three units", stack, STACK_LIMIT_MIB, "MiB", 1.0, "PSS of every process, idle"),
    ]


def _stock_code_server(folder: Path) -> float:
    (folder / "stock.py").write_text(STOCK)
    command = [sys.executable, "-m", "dagster", "code-server", "start", "-f", "stock.py", "--socket", "stock.sock"]
    # every deployed code server has an instance; the stock one keeps its own in an empty folder
    home = folder / "stock_home"
    home.mkdir()
    environment = os.environ | {"DAGSTER_HOME": str(home)}
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        time.sleep(SETTLE_SECONDS)
        return _pss(process.pid)
    finally:
        # started from a background shell it inherits an ignored SIGTERM
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
        process.wait()


def _platform(platform: Platform) -> tuple[dict[str, float], float]:
    processes = json.loads(platform.dp("status", "--json"))["processes"]
    pids = {entry["name"]: entry["pid"] for entry in processes}
    units = [name for name in pids if name.startswith("unit-") and name != "unit-data_platform"]
    # every process is a child of the keeper
    return {name: _pss(pids[name]) for name in units}, _pss(pids["keeper"])


def _pss(pid: int) -> float:
    """MiB of a process and all it started."""
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return float(sum(member.memory_full_info().pss for member in family)) / 2**20
