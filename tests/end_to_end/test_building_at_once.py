"""Builds at the same time: a DuckDB file has one writer, so they take turns, and nobody has to know."""

import json
import re
import subprocess
import sys

import pytest

from tests.end_to_end.data import Contents, contents, duckdb_file
from tests.end_to_end.live import UNITS, Live, until

LOCK_ERRORS = re.compile(r"could not set lock|conflicting lock|database is locked|warehouse file is still held", re.I)


def test_two_units_are_built_at_once_and_each_of_them_twice(live: Live, first_contents: Contents) -> None:
    earlier = {run["runId"] for run in live.runs()}
    commands = [live.begin("unit", "build", unit, "--json") for unit in ("fleet", "meteorology") * 2]
    outputs = [command.communicate(timeout=500) for command in commands]
    assert [command.returncode for command in commands] == [0, 0, 0, 0], outputs

    built = [json.loads(output)["units"] for output, _ in outputs]
    runs = [run for run in live.runs() if run["runId"] not in earlier]
    assert {unit["run_id"] for [unit] in built} == {run["runId"] for run in runs}
    assert [run["status"] for run in runs] == ["SUCCESS"] * 4
    for first, second in zip(built[:2], built[2:], strict=True):
        [one], [other] = first, second
        same = ("unit", "assets", "rows", "checks_passed", "checks_warned", "checks_failed")
        assert [one[name] for name in same] == [other[name] for name in same]
        assert one["assets"] > 0
        assert one["rows"] > 0
    assert not LOCK_ERRORS.search(everything_logged(live))
    assert contents(live) == first_contents


def test_a_build_waits_for_somebody_who_has_the_file_open(live: Live, first_contents: Contents) -> None:
    program = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    somebody = subprocess.Popen(
        [sys.executable, "-c", program, str(duckdb_file(live, "fleet"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert somebody.stdout
    assert somebody.stdout.readline() == "open\n"
    run = live.launch("fleet")
    until(lambda: live.run(run)["status"] == "STARTED")
    somebody.communicate("", timeout=60)  # it closes the file only now
    assert live.ended(run)["status"] == "SUCCESS"
    assert contents(live) == first_contents


@pytest.mark.slow
def test_all_units_are_built_four_times_at_once(live: Live, first_contents: Contents) -> None:
    runs = [live.launch(unit) for _ in range(4) for unit in UNITS]
    assert [live.ended(run, seconds=500)["status"] for run in runs] == ["SUCCESS"] * len(runs)
    assert not LOCK_ERRORS.search(everything_logged(live))
    assert contents(live) == first_contents


def everything_logged(live: Live) -> str:
    """The output of every process of the platform, of every run, and of dbt."""
    paths = [path for path in live.state.rglob("*") if path.is_file() and path.suffix in {".log", ".out", ".err"}]
    assert any(path.name == "daemon.log" for path in paths)
    assert any(path.name == "dbt.log" for path in paths)
    return "".join(path.read_text(errors="replace") for path in paths)
