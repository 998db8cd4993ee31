"""A dbt project of 200 models and 600 tests through the running platform, against plain `dbt build`.

The platform's time is a user's: from the request to the webserver until the run has ended, through the queue, the
daemon, the run worker and PostgreSQL. Plain dbt runs with one thread and with four; the faster one counts.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Result, median
from benchmarks.platform import Platform, running_platform, write_unit
from benchmarks.project import write_project
from data_platform.units.queue import RunQueue

MODELS = 200
ROUNDS = 3


def run(models: int = MODELS, rounds: int = ROUNDS) -> list[Result]:
    """Measure in turns, so that what else the machine does meets both alike."""
    with tempfile.TemporaryDirectory(prefix="dp-bench-") as folder:
        root = Path(folder)
        project = root / "dbt_projects" / "bench"
        write_project(project, name="bench", models=models)
        write_unit(root, "bench")
        with running_platform(root) as platform:
            plain: dict[int, list[float]] = {1: [], 4: []}
            ours: list[float] = []
            for round_number in range(rounds + 1):
                times = {threads: _plain(project, root, threads) for threads in plain}
                through = _through(platform)
                if round_number:  # the first round warms the caches of both
                    ours.append(through)
                    for threads, seconds in times.items():
                        plain[threads].append(seconds)
    threads = min(plain, key=lambda count: median(plain[count]))
    note = f"{models} models, {models * 3} tests; plain dbt with {threads} thread(s); medians of {rounds}"
    return [Result("dbt build through the platform", median(ours), median(plain[threads]), "s", 1.15, note)]


def _plain(project: Path, root: Path, threads: int) -> float:
    environment = {**os.environ, "BENCH_DUCKDB_FILE": str(root / "plain.duckdb")}
    command = [str(Path(sys.executable).with_name("dbt")), "build", "--threads", str(threads)]
    command += ["--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(root / "plain")]
    started = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def _through(platform: Platform) -> float:
    queue = RunQueue(platform.address)
    started = time.perf_counter()
    result = queue.submit("bench", "build", {})
    cursor = None
    while not result.ended:
        time.sleep(0.2)
        cursor = queue.follow(result, cursor)
    elapsed = time.perf_counter() - started
    if not result.succeeded:
        raise RuntimeError(f"the run failed: {result.cause}")
    return elapsed
