"""`kill -9` of each process in the middle of a run: it is told, healed without anybody, and no data is lost."""

import contextlib
import json
import re
import time

import psutil
import pytest

from data_platform.instance.embedded import EmbeddedPostgres
from tests.end_to_end.data import Contents, contents
from tests.end_to_end.live import ENDED, Live, kill, until

BUSY, SMALL = "operations", "fleet"  # the units with the most work and the least
DBT = "data_platform.dbt.runner"
IN_CODE_SERVER = "the process in a code server"


def a_run_in_the_middle(live: Live) -> str:
    """Start a build and return when it has loaded something and works on the rest."""
    run = live.launch(BUSY)
    until(lambda: live.has_begun(run), pause=0.05)
    return run


def kill_everything(live: Live) -> bool:
    """Kill every process of the platform; true when none is left (the keeper starts others until it is dead itself)."""
    for process in live.processes():
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    return not live.processes()


def inner_process(live: Live) -> int:
    """The process of the busy unit's code server that holds its code."""
    [found] = psutil.Process(live.pid(f"unit-{BUSY}")).children()
    return found.pid


@pytest.mark.parametrize(
    "names",
    [
        ("database", "daemon", IN_CODE_SERVER),
        *(
            pytest.param((name,), marks=pytest.mark.slow)
            for name in ("database", "daemon", IN_CODE_SERVER, "webserver", "run-workers", f"unit-{BUSY}")
        ),
    ],
    ids=" and ".join,
)
def test_a_run_outlives_processes_of_the_platform_that_were_killed(
    live: Live, first_contents: Contents, names: tuple[str, ...]
) -> None:
    programs = [f"unit-{BUSY}" if name == IN_CODE_SERVER else name for name in names]
    before = {program: live.restarts(program) for program in programs}
    run = a_run_in_the_middle(live)
    for pid in [inner_process(live) if name == IN_CODE_SERVER else live.pid(name) for name in names]:
        kill(pid)

    for program, times in before.items():
        until(lambda program=program, times=times: live.restarts(program) == times + 1)  # type: ignore[misc]  # the type of a lambda with defaults
        told = "once" if times == 0 else f"{times + 1} times"
        assert re.search(rf"{program} +\w+ .*{told}, \d+ s ago", live.dp("status", exit_code=None))
    assert live.ended(run)["status"] == "SUCCESS"
    until(live.healthy)
    assert contents(live) == first_contents
    # what was killed works again: it takes all of them to build a unit
    assert live.ended(live.launch(SMALL))["status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("victim", "reason"),
    [
        # whoever comes first: the program that started it, or run monitoring
        ("the process of the run", r"process of this run ended unexpectedly, with signal 9|its process \d+ is gone"),
        pytest.param(
            *("dbt", r"dbt could not run: its process was killed, as happens when memory runs out"),
            marks=pytest.mark.slow,  # tests/dbt show it without a platform
        ),
    ],
    ids=["the run", "dbt"],
)
def test_a_build_whose_own_process_is_killed_fails_with_the_reason_and_can_be_repeated(
    live: Live, first_contents: Contents, victim: str, reason: str
) -> None:
    command = live.begin("unit", "build", SMALL)
    [dbt] = until(lambda: live.processes(DBT), pause=0.02)
    kill(dbt.pid if victim == "dbt" else dbt.ppid())
    killed = time.monotonic()
    output, told = command.communicate(timeout=120)
    assert command.returncode == 1, output
    assert time.monotonic() - killed < 60, "it is noticed soon"
    [cause] = [line for line in told.splitlines() if line.startswith(f"dp: {SMALL}: ")]
    assert re.search(reason, cause)
    assert "Traceback" not in told

    until(lambda: not dbt.is_running() or dbt.status() == psutil.STATUS_ZOMBIE)  # it holds the file
    again = json.loads(live.dp("unit", "build", SMALL, "--json"))["units"][0]
    assert again["status"] == "success", again
    assert contents(live) == first_contents


def test_after_everything_was_killed_at_once_a_start_ends_the_run_and_building_gives_the_same_data(
    live: Live, first_contents: Contents
) -> None:
    run = a_run_in_the_middle(live)
    until(lambda: kill_everything(live), pause=0)
    assert "the platform is not running -> make up" in live.dp("status", exit_code=1)

    started = live.attempt("up", "--detach", "--port", str(live.port))
    assert started.returncode == 0, started
    assert "materializing" not in started.stderr, "everything was built before"
    ended = live.ended(run, seconds=60)
    assert ended["status"] == "FAILURE"
    assert any("process" in (event.get("message") or "") and "gone" in event["message"] for event in ended["events"])
    assert json.loads(live.dp("unit", "build", BUSY, "--json"))["total"]["status"] == "success"
    assert contents(live) == first_contents


@pytest.mark.slow
def test_a_run_outlives_a_database_that_is_killed_again_and_again(live: Live, first_contents: Contents) -> None:
    run = a_run_in_the_middle(live)
    kills = 0
    while not EmbeddedPostgres(live.state).is_ready() or live.run(run)["status"] not in ENDED:
        if EmbeddedPostgres(live.state).is_ready():
            kill(live.pid("database"))
            kills += 1
        time.sleep(1.5)
    assert kills > 1
    assert live.run(run)["status"] == "SUCCESS"
    assert contents(live) == first_contents


@pytest.mark.slow
def test_a_run_that_is_killed_with_what_started_it_ends_and_its_slot_is_free(
    live: Live, first_contents: Contents
) -> None:
    run = a_run_in_the_middle(live)
    [dbt] = until(lambda: live.processes(DBT), pause=0.02)
    for pid in (live.pid("run-workers"), dbt.ppid()):
        kill(pid)
    ended = live.ended(run, seconds=60)
    assert ended["status"] == "FAILURE"
    assert any(re.search(r"its process \d+ is gone", event.get("message") or "") for event in ended["events"])
    assert live.ended(live.launch(BUSY))["status"] == "SUCCESS"
    assert contents(live) == first_contents
