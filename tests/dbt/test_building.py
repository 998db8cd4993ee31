"""Running dbt and following it: what is reported, and what happens when it is disturbed."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psutil
import pytest

from data_platform.dbt import DbtError, DbtProject
from data_platform.dbt.build import build
from tests.dbt.projects import write_project

SLOW = "select count(*) as n from range(400000) a, range(400000) b where (a.range * b.range) % 7 = 3"
BEFORE = "select 1 as id"


def runners(project: DbtProject) -> list[psutil.Process]:
    """The processes that run dbt for this project."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if "data_platform.dbt.runner" in process.cmdline() and str(project.folder) in process.cmdline():
                found.append(process)
    return found


def wait_until_gone(project: DbtProject, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while runners(project):
        assert time.monotonic() < deadline, "dbt goes on"
        time.sleep(0.1)


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[DbtProject]:
    """A project whose second model takes for ever."""
    project = write_project(tmp_path, "slow", {"models/a.sql": BEFORE, "models/b.sql": f"{SLOW} -- {{{{ ref('a') }}}}"})
    yield project
    for process in runners(project):
        process.kill()


def test_closing_the_results_early_stops_dbt(slow: DbtProject) -> None:
    results = build(slow)
    assert next(results).id == "model.slow.a"
    assert runners(slow)
    results.close()
    assert not runners(slow)
    # and its file is free, with what was finished
    with duckdb.connect(str(slow.environment.duckdb_file("slow"))) as connection:
        assert connection.sql("select id from a").fetchall() == [(1,)]


def test_killing_dbt_ends_the_build_with_one_clear_line(slow: DbtProject) -> None:
    results = build(slow)
    next(results)
    for process in runners(slow):
        process.kill()
    with pytest.raises(DbtError) as caught:
        list(results)
    message = str(caught.value)
    assert message.startswith(
        "dbt_projects/slow: dbt could not run: its process was killed, as happens when memory runs out"
    )
    assert "\n" not in message


@pytest.mark.parametrize(
    "number",
    [pytest.param(signal.SIGTERM, id="ended", marks=pytest.mark.slow), pytest.param(signal.SIGKILL, id="killed")],
)
def test_dbt_ends_with_the_process_that_wanted_its_results(slow: DbtProject, number: signal.Signals) -> None:
    program = (
        "import sys; from pathlib import Path; from data_platform.dbt import DbtProject\n"
        "from data_platform.dbt.build import build; from data_platform.environment import current_environment\n"
        "import signal; signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))\n"
        "folder = Path(sys.argv[1])\n"
        "for result in build(DbtProject('slow', folder, current_environment({}, folder.parents[1]))):\n"
        "    print(result.id, file=sys.stderr, flush=True)\n"
    )
    # as from a script's background job: interrupts are ignored
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        parent = subprocess.Popen(
            [sys.executable, "-c", program, slow.folder], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert parent.stderr is not None
    assert parent.stderr.readline() == "model.slow.a\n"
    parent.send_signal(number)
    parent.wait(60)
    wait_until_gone(slow)


def hold(file: Path, seconds: float) -> subprocess.Popen[str]:
    """Another process that has the DuckDB file open for a while."""
    program = (
        "import sys, time, duckdb; connection = duckdb.connect(sys.argv[1]); print('held', flush=True);"
        "time.sleep(float(sys.argv[2]))"
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(file), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_file_that_another_process_holds_is_waited_for(tmp_path: Path) -> None:
    project = write_project(tmp_path, "shop", {"models/a.sql": BEFORE})
    holder = hold(project.environment.duckdb_file("shop"), 6)
    results = list(build(project))
    assert holder.poll() is not None
    assert [(result.status, result.rows) for result in results] == [("success", 1)]


def test_a_file_that_is_no_database_is_told_at_once_and_left_as_it_is(tmp_path: Path) -> None:
    project = write_project(tmp_path, "shop", {"models/a.sql": BEFORE})
    file = project.environment.duckdb_file("shop")
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(DbtError) as caught:
        list(build(project))
    message = str(caught.value)
    assert message.startswith(f"{file}: the warehouse file cannot be opened: ")
    assert "-> restore it, or move it away and run `dp unit build shop`" in message
    assert "\n" not in message
    assert file.read_bytes() == b"no database" * 1000


def test_a_project_that_stopped_parsing_since_is_told_in_one_line(tmp_path: Path) -> None:
    project = write_project(tmp_path, "shop", {"models/a.sql": "select {{ ref('b') }}"})
    with pytest.raises(DbtError, match=r"^[^\n]*depends on a node named 'b' which was not found[^\n]*$"):
        list(build(project))
